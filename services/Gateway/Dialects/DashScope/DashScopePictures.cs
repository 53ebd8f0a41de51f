using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Pictures;

namespace QwenMesh.Gateway.Dialects.DashScope;

/// <summary>The vendor's rules for input pictures, from their headers.</summary>
internal static class DashScopePictures
{
    private const int MinSide = 384;
    private const int MaxSide = 3072;
    private const int MaxBytes = 10 << 20;

    /// <exception cref="DialectException">A picture breaks one.</exception>
    public static void Check(IReadOnlyList<PictureInput> inputs, IReadOnlyList<PictureFile> files)
    {
        FieldFault[] faults = [.. inputs.Zip(files).SelectMany(pair => Rule(pair.Second) is { } rule ? [FieldFault.Because(pair.First.Path, rule, null)] : Array.Empty<FieldFault>())];
        if (faults.Length > 0)
        {
            throw new DialectException(DialectError.Of(faults));
        }
    }

    private static string? Rule(PictureFile file)
    {
        var (width, height) = (file.Info.Width, file.Info.Height);
        return width is < MinSide or > MaxSide || height is < MinSide or > MaxSide
            ? $"the picture is {width}*{height}; both sides must be {MinSide} to {MaxSide} pixels"
            : file.Bytes.Length > MaxBytes ? "the picture has more than 10 MiB" : null;
    }
}
