using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Pictures;

/// <summary>Faults of image files, in the terms of requests.</summary>
internal static class PictureFaults
{
    /// <summary>For what the decoder refuses, by the header or later by the pixels.</summary>
    public static PictureException From(ImageFormatException refused) => new(
        refused.Fault switch
        {
            ImageFault.UnknownFormat => PictureFaultKind.NotAPicture,
            ImageFault.UnsupportedFormat => PictureFaultKind.UnsupportedType,
            ImageFault.TooLarge => PictureFaultKind.TooLarge,
            ImageFault.TooSmall => PictureFaultKind.TooSmall,
            ImageFault.TooElongated => PictureFaultKind.TooElongated,
            _ => PictureFaultKind.Damaged,
        },
        refused.Message,
        refused);
}
