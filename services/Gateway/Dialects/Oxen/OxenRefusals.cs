using QwenMesh.Gateway.Dialects.Fields;

namespace QwenMesh.Gateway.Dialects.Oxen;

/// <summary>What the vendor documents and this Gateway does not serve, each with its reason.</summary>
internal static class OxenRefusals
{
    public static void Check(BodyFields fields, OxenRequest request, OxenRoute route, long? n, long? generations)
    {
        if (fields.Flag("disable_safety_checker") == true)
        {
            fields.Refuse("disable_safety_checker", "the checks of this service cannot be turned off");
        }
        foreach (var name in new[] { "target_repo", "target_directory" })
        {
            if (fields.Text(name, maxLength: 1024) is { Length: > 0 })
            {
                fields.Refuse(name, "results are not put into repositories here; fetch result_url");
            }
        }
        if (route == OxenRoute.Queue)
        {
            if (n > 1)
            {
                fields.Refuse("n", "each generation of the queue is one picture; use num_generations");
            }
            if (request.IsBase64)
            {
                fields.Refuse("response_format", "results of the queue are addresses; ask for 'url'");
            }
        }
        else if (generations > 1)
        {
            fields.Refuse("num_generations", "only the queue has it; use n");
        }
        if (fields.Raw("loras") is { } loras && !(loras.ValueKind == System.Text.Json.JsonValueKind.Array && loras.GetArrayLength() == 0))
        {
            fields.Refuse("loras", "adapters are not served here");
        }
    }
}
