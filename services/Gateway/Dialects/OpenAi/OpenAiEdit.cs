using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Pictures;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>The pictures of an edit, and OpenAI's rules for its mask: the first picture's size, and transparent where something is drawn anew.</summary>
internal static class OpenAiEdit
{
    /// <exception cref="DialectException">A picture is refused.</exception>
    public static async Task<GenerationRequest> WithPicturesAsync(
        GenerationRequest request, OpenAiPictures sent, DialectPictures pictures, DialectCall call)
    {
        var files = await pictures.ReadAsync(sent.Mask is { } last ? [.. sent.References, last] : sent.References, call.Aborted, call.Owner);
        request = request with { References = [.. files.Take(sent.References.Count).Select(file => file.Bytes)] };
        if (sent.Mask is not { } mask)
        {
            return request;
        }
        Check(mask, files[^1], files[0]);
        return request with { Mask = files[^1].Bytes };
    }

    // From the headers; whether anything is transparent, the pixels tell later.
    private static void Check(PictureInput input, PictureFile mask, PictureFile picture)
    {
        var (width, height) = (mask.Info.Width, mask.Info.Height);
        if (!mask.Info.HasAlpha)
        {
            throw Refused(input, "it has no alpha channel, so it is opaque everywhere and marks nothing: what is transparent in it (alpha 0) is drawn anew");
        }
        if (width != picture.Info.Width || height != picture.Info.Height)
        {
            throw Refused(input, $"it is {width}x{height} and its picture {picture.Info.Width}x{picture.Info.Height}; they must have the same size");
        }
    }

    private static DialectException Refused(PictureInput input, string reason) => new(DialectError.Of([FieldFault.Because(input.Path, reason, null)]));
}
