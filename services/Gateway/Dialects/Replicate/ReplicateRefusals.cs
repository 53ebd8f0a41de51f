using System.Text.Json;
using QwenMesh.Gateway.Dialects.Fields;

namespace QwenMesh.Gateway.Dialects.Replicate;

/// <summary>What the vendor documents and this Gateway does not serve, each with its reason.</summary>
internal static class ReplicateRefusals
{
    private const string NoAdapters = "no adapters (LoRA) are served here; leave it out";

    private static readonly string[] Weights = ["lora_weights", "replicate_weights", "extra_lora_weights"];

    // They scale what is not there.
    private static readonly string[] Scales = ["lora_scale", "extra_lora_scale"];

    /// <returns>Fields without effect.</returns>
    public static IEnumerable<string> Check(BodyFields input)
    {
        if (input.Flag("disable_safety_checker") == true)
        {
            input.Refuse("disable_safety_checker", "the rules of this service hold for every request; only false is taken");
        }
        foreach (var name in Weights.Where(name => !IsEmpty(input.Raw(name))))
        {
            input.Refuse(name, NoAdapters);
        }
        return [.. Scales.Where(name => input.Raw(name) is not null)];
    }

    public static void CheckEnhancing(BodyFields input)
    {
        if (input.Flag("enhance_prompt") == true)
        {
            input.Refuse("enhance_prompt", "prompts are drawn as they are sent; only false is taken");
        }
    }

    private static bool IsEmpty(JsonElement? value) => value is null or { ValueKind: JsonValueKind.Array }
        ? value is null || value.Value.GetArrayLength() == 0
        : value.Value.ValueKind == JsonValueKind.String && value.Value.ValueEquals("");
}
