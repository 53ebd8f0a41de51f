using QwenMesh.Gateway.Dialects.Fields;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>What OpenAI documents and this Gateway does not serve, each with its reason.</summary>
internal static class OpenAiRefusals
{
    private static readonly string[] Pictures = ["image", "images", "mask"];

    public static void Check(OpenAiRequest request, BodyFields fields)
    {
        if (request.Background == "transparent")
        {
            fields.Refuse("background", "the model draws opaque pictures; ask for 'opaque' or 'auto'");
        }
        if (request.OutputFormat == "png" && request.OutputCompression is not null and not 100)
        {
            fields.Refuse("output_compression", "PNG files lose nothing; less than 100 needs 'jpeg' or 'webp' as output_format");
        }
        if (request.Pictures is null)
        {
            RefusePictures(fields);
        }
        else if (fields.Choice("input_fidelity", "high", "low") == "low")
        {
            fields.Refuse("input_fidelity", "the model always sees the whole picture; ask for 'high' or leave it out");
        }
        if (fields.Choice("style", "vivid", "natural") is not null)
        {
            fields.Refuse("style", "the model has no styles; say it in the prompt");
        }
    }

    // Drawing something else than the picture that was sent would be worse than not drawing.
    private static void RefusePictures(BodyFields fields)
    {
        foreach (var name in Pictures.Where(name => fields.Raw(name) is not null))
        {
            fields.Refuse(name, "a generation takes no pictures; POST /v1/images/edits edits them");
        }
    }
}
