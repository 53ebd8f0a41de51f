using System.Text.Json;
using QwenMesh.Gateway.Dialects.Fields;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>
/// The pictures of an edit, in every form that clients send: files and texts under the names of OpenAI, SGLang and vLLM-Omni, and OpenAI's objects of
/// JSON, {"image_url":"..."}.
/// </summary>
/// <param name="References">In the order of a form's parts; in JSON image, images, url, reference_image.</param>
/// <param name="Mask">Null for none.</param>
internal sealed record OpenAiPictures(IReadOnlyList<PictureInput> References, PictureInput? Mask)
{
    /// <summary>Notes in <paramref name="fields"/> what is wrong.</summary>
    /// <param name="fields">The body.</param>
    /// <param name="most">Pictures of one request.</param>
    public static OpenAiPictures Read(BodyFields fields, int most)
    {
        var faults = fields.Faults.Count;
        List<PictureInput> references = HasObjects(fields, "images")
            ? [
                .. fields.Pictures(most, "image"),
                .. fields.Objects("images", most).SelectMany(Picture),
                .. fields.Pictures(most, "url", "reference_image"),
            ]
            : [.. fields.Pictures(most, "image", "images", "url", "reference_image")];
        var masks = fields.Raw("mask") is { ValueKind: JsonValueKind.Object } && fields.Object("mask") is { } mask
            ? Picture(mask)
            : fields.Pictures(1, "mask", "mask_image");
        if (references.Count > most)
        {
            fields.Refuse("images", $"at most {most} pictures are taken");
        }
        if (references.Count == 0 && fields.Faults.Count == faults)
        {
            fields.Missing("image");
        }
        return new OpenAiPictures(references, masks.Count > 0 ? masks[0] : null);
    }

    private static bool HasObjects(BodyFields fields, string name) => fields.Raw(name) is { ValueKind: JsonValueKind.Array } list
        && list.EnumerateArray().Any(item => item.ValueKind == JsonValueKind.Object);

    private static IReadOnlyList<PictureInput> Picture(BodyFields item)
    {
        if (item.Raw("file_id") is not null)
        {
            item.Refuse("file_id", "files are not kept here; send the picture itself, as image_url");
        }
        else if (item.Raw("image_url") is null)
        {
            item.Missing("image_url");
        }
        return item.Pictures(1, "image_url");
    }
}
