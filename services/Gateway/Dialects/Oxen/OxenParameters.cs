using System.Text.Json.Nodes;

namespace QwenMesh.Gateway.Dialects.Oxen;

/// <summary>The parameters of a model as the vendor documents them: a JSON schema from which clients draw their forms.</summary>
internal static class OxenParameters
{
    private static readonly Dictionary<string, string> Common = new(StringComparer.Ordinal)
    {
        ["prompt"] = """{"type":"string","title":"Prompt","description":"What to draw, or the instruction"}""",
        ["negative_prompt"] = """{"type":"string","title":"Negative prompt","description":"What to leave out","default":""}""",
        ["image_size"] = """{"type":"string","title":"Image size","enum":["optimize_for_quality","optimize_for_speed"],"default":"optimize_for_quality"}""",
        ["num_inference_steps"] = """{"type":"integer","title":"Steps","minimum":1,"maximum":50,"default":30}""",
        ["guidance"] = """{"type":"number","title":"Guidance","description":"True CFG scale; at most 1 turns guidance off","minimum":0,"maximum":10,"default":3}""",
        ["seed"] = """{"type":"integer","title":"Seed","description":"Absent takes a random one","minimum":0,"maximum":4294967295}""",
        ["output_quality"] = """{"type":"integer","title":"Output quality","description":"Of jpg and webp","minimum":0,"maximum":100,"default":80}""",
        ["disable_safety_checker"] = """{"type":"boolean","title":"Disable safety checker","default":false}""",
        ["match_input_image"] = """{"type":"boolean","title":"Match input image","description":"The size has the picture's shape","default":false}""",
        ["enable_prompt_expansion"] = """{"type":"boolean","title":"Enable prompt expansion","description":"Without effect","default":true}""",
    };

    private static readonly string[] OfText =
        ["prompt", "negative_prompt", "aspect_ratio", "image_size", "num_inference_steps", "guidance", "seed", "output_format", "output_quality", "disable_safety_checker"];

    public static JsonObject Schema(OxenModel model)
    {
        var properties = new JsonObject();
        foreach (var (order, name) in Names(model).Index())
        {
            var property = Property(name, model);
            property["x-order"] = order;
            properties[name] = property;
        }
        string[] basic = model.TakesPictures ? ["prompt", "input_image", "aspect_ratio"] : ["prompt", "aspect_ratio"];
        return new JsonObject
        {
            ["type"] = "object",
            ["title"] = model.DisplayName,
            ["properties"] = properties,
            ["required"] = List(model.NeedsPictures ? ["prompt", "input_image"] : ["prompt"]),
            ["basic"] = List(basic),
        };
    }

    private static string[] Names(OxenModel model) => model switch
    {
        { IsDocumented: false } => [OfText[0], "input_image", .. OfText[1..], "match_input_image"],
        { Pictures: OxenPictures.None } => OfText,
        { Pictures: OxenPictures.One } => ["prompt", "input_image", "aspect_ratio"],
        { Pictures: OxenPictures.Several } => ["prompt", "input_image", "aspect_ratio", "negative_prompt", "output_format"],
        _ => ["prompt", "input_image", "match_input_image", "aspect_ratio", "enable_prompt_expansion", "negative_prompt", "seed"],
    };

    private static JsonObject Property(string name, OxenModel model) => name switch
    {
        "aspect_ratio" => Words("Aspect ratio", OxenTranslation.DefaultRatio, model.AspectRatios),
        "output_format" => Words("Output format", model.Format, OxenRequest.OutputFormats),
        "input_image" when model.Pictures == OxenPictures.One => Picture("Input image"),
        "input_image" => new JsonObject
        {
            ["type"] = "array",
            ["title"] = "Input images",
            ["description"] = "In the order in which the prompt refers to them",
            ["items"] = Picture("Input image"),
            ["renderType"] = "image-url",
        },
        _ => JsonNode.Parse(Common[name])!.AsObject(),
    };

    private static JsonObject Words(string title, string otherwise, IEnumerable<string> words) =>
        new() { ["type"] = "string", ["title"] = title, ["enum"] = List(words), ["default"] = otherwise };

    private static JsonObject Picture(string title) => new()
    {
        ["type"] = "string",
        ["format"] = "uri",
        ["title"] = title,
        ["description"] = "An address or a data URI of a jpeg, png, gif or webp file",
        ["renderType"] = "image-url",
    };

    private static JsonArray List(IEnumerable<string> words) => [.. words.Select(word => (JsonNode)word)];
}
