using QwenMesh.Imaging;
using Template = QwenMesh.Encoder.Prompting.PromptTemplate;

namespace QwenMesh.Mesh.Tests;

/// <summary>
/// What the reference's pipelines do with their pictures before a model sees them (docs/model.md 9). Written apart from the Gateway's plan, which is
/// compared with it.
/// </summary>
/// <param name="request">The pipeline and its pictures.</param>
/// <param name="cell">Sides are multiples of it: scale factor times patch size.</param>
internal sealed class PipelinePictures(OneProcessRequest request, int cell)
{
    public const string TextToImage = "QwenImagePipeline";
    public const string ImageToImage = "QwenImageImg2ImgPipeline";
    public const string Inpaint = "QwenImageInpaintPipeline";
    public const string Control = "QwenImageControlNetPipeline";
    public const string Edit = "QwenImageEditPipeline";
    public const string EditPlus = "QwenImageEditPlusPipeline";
    public const string EditInpaint = "QwenImageEditInpaintPipeline";

    private const long Area = 1024 * 1024;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> Pipelines { get; } = [TextToImage, ImageToImage, Inpaint, Control, Edit, EditPlus, EditInpaint];

    public Template Template => request.Pipeline switch
    {
        Edit or EditInpaint => Template.Edit,
        EditPlus => Template.EditPlus,
        _ => Template.TextToImage,
    };

    /// <summary>Those that the text encoder sees.</summary>
    public IReadOnlyList<RgbImage> Seen => Template == Template.TextToImage ? [] : request.Pictures;

    /// <summary>Size that is drawn. The pipeline for inpainting with an edit model takes no size.</summary>
    public PixelSize Drawn => request.Pipeline == EditInpaint ? OfArea(request.Pictures[0]) : Floor(request.Width, request.Height);

    /// <summary>The pictures as the autoencoder sees them.</summary>
    public IEnumerable<RgbImage> Encoded => request.Pictures.Select(picture =>
    {
        var size = request.Pipeline is Edit or EditPlus ? OfArea(picture) : Drawn;
        return ImageResizer.Resize(picture, size.Width, size.Height);
    });

    /// <summary>1 in the latent cells that are drawn anew; a cell takes its first pixel.</summary>
    /// <param name="scaleFactor">Pixels along a cell.</param>
    public byte[] Mask(int scaleFactor)
    {
        var (pixels, drawn) = (ImageResizer.Resize(request.Mask!, Drawn.Width, Drawn.Height).ToGrey(), Drawn);
        var (columns, rows) = (drawn.Width / scaleFactor, drawn.Height / scaleFactor);
        var mask = new byte[rows * columns];
        for (var i = 0; i < mask.Length; i++)
        {
            mask[i] = pixels.Pixels.Span[(i / columns * scaleFactor * drawn.Width) + (i % columns * scaleFactor)] >= 128 ? (byte)1 : (byte)0;
        }
        return mask;
    }

    private PixelSize OfArea(RgbImage picture)
    {
        var size = PictureSizes.CalculateDimensions(Area, picture.Width, picture.Height);
        return Floor(size.Width, size.Height);
    }

    private PixelSize Floor(int width, int height) => new(width / cell * cell, height / cell * cell);
}
