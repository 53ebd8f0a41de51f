using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Planning;

/// <summary>What becomes of a request's pictures in its pipeline: sizes, encodings, the mask.</summary>
internal static class PicturePlan
{
    /// <summary>Area that pictures are brought to where the request says no size, as the reference's.</summary>
    private const long Area = 1024 * 1024;

    /// <summary>The size that is returned when the request says none; null leaves it to the model.</summary>
    public static ImageSize? DefaultSize(PipelineKind kind, PictureInputs inputs) => kind switch
    {
        PipelineKind.Edit or PipelineKind.ImageToImage or PipelineKind.Inpaint or PipelineKind.EditInpaint => OfArea(inputs.References[0]),
        // Of several the last decides.
        PipelineKind.EditPlus => OfArea(inputs.References[^1]),
        _ => null,
    };

    /// <summary>Reference pictures that a request may have.</summary>
    public static int MostReferences(PipelineKind kind, ServedModel served) => kind switch
    {
        PipelineKind.TextToImage or PipelineKind.Control => 0,
        PipelineKind.EditPlus => Math.Min(served.Encoder.Encoder.MaxImages, served.Denoiser.Denoiser.MaxReferences),
        _ => 1,
    };

    /// <summary>What can be told before a picture is decoded.</summary>
    /// <exception cref="GenerationException">Too few or too many pictures, or a mask or a strength where there is none.</exception>
    public static void CheckCounts(PipelineKind kind, double? strength, PictureCounts sent, ServedModel served)
    {
        var most = MostReferences(kind, served);
        var count = sent.References;
        var task = Pipelines.Words(kind);
        Require(count <= most, $"{count} reference pictures; {task} takes {(most == 0 ? "none" : $"at most {most}")}");
        Require(most == 0 || count >= 1, $"{task} needs a reference picture");
        Require(kind is PipelineKind.Inpaint or PipelineKind.EditInpaint == sent.HasMask,
            !sent.HasMask ? $"{task} needs a mask" : $"{task} takes no mask");
        Require(kind == PipelineKind.Control == sent.Controls > 0, kind == PipelineKind.Control ? "control needs a control picture" : $"{task} takes no control pictures");
        Require(strength is null || kind is PipelineKind.ImageToImage or PipelineKind.Inpaint or PipelineKind.EditInpaint, $"{task} takes no strength");
        Require(strength is null or (> 0 and <= 1), $"strength is {strength}; above 0 to 1 is allowed");
    }

    /// <exception cref="GenerationException">The mask does not fit its picture, or marks nothing.</exception>
    public static void CheckMask(GenerationRequest request, PictureInputs inputs)
    {
        if (inputs.Mask is { } mask)
        {
            var picture = inputs.References[0];
            Require(mask.Width == picture.Width && mask.Height == picture.Height,
                $"the mask is {mask.Width}x{mask.Height}, its picture {picture.Width}x{picture.Height}; they must have the same size");
            Require(mask.Pixels.Span.ContainsAnyExcept((byte)0), request.MaskKind == MaskKind.Transparency
                ? "the mask is opaque everywhere and marks nothing: what is transparent in it (alpha 0) is drawn anew"
                : "the mask is black everywhere and marks nothing: what is white in it is drawn anew");
        }
    }

    /// <summary>The Vae's encodings for the Denoiser.</summary>
    /// <param name="generated">Size that is generated.</param>
    public static IReadOnlyList<VaeEncodeCall> Encodings(PipelineKind kind, PictureInputs inputs, ImageSize generated, int multiple) => kind switch
    {
        PipelineKind.Edit or PipelineKind.EditPlus =>
            [.. inputs.References.Select((picture, i) => new VaeEncodeCall(i, OfArea(picture).FloorTo(multiple), "reference", i))],
        PipelineKind.ImageToImage or PipelineKind.Inpaint or PipelineKind.EditInpaint => [new VaeEncodeCall(0, generated, "initial", 0)],
        PipelineKind.Control => [.. inputs.Controls.Select((_, i) => new VaeEncodeCall(i, generated, "control", i))],
        _ => [],
    };

    /// <summary>The mask in latent cells, 0 or 1.</summary>
    public static GreyImage LatentMask(GreyImage mask, ImageSize generated, int scaleFactor)
    {
        var grid = InpaintMask.ToLatentGrid(
            InpaintMask.Prepare(mask, generated.Width, generated.Height), generated.Width / scaleFactor, generated.Height / scaleFactor);
        var cells = grid.Pixels.ToArray();
        foreach (ref var cell in cells.AsSpan())
        {
            cell = cell == 0 ? (byte)0 : (byte)1;
        }
        return new GreyImage(grid.Width, grid.Height, cells);
    }

    private static ImageSize OfArea(RgbImage picture)
    {
        var size = PictureSizes.CalculateDimensions(Area, picture.Width, picture.Height);
        return new ImageSize(size.Width, size.Height);
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new GenerationException(new GenerationFault(null, FaultKind.InvalidRequest, otherwise));
        }
    }
}

/// <summary>How many pictures a request has.</summary>
internal readonly record struct PictureCounts(int References, bool HasMask, int Controls);
