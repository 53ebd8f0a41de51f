using System.Text.Json;
using QwenMesh.Gateway.Dialects.Fields;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>Fields that SGLang and vLLM-Omni add and that are about how their servers work. What would change the picture is refused, with its reason.</summary>
internal static class OpenAiServerFields
{
    // SGLang's words.
    private static readonly string[] OutputQualities = ["default", "maximum", "high", "medium", "low"];

    // Documented, without an influence on what is drawn, and named in the answer's header. Noise is always the CPU generator's, so that a picture does not
    // depend on the device; how the Vae divides its work is its own.
    private static readonly string[] WithoutEffect = ["user", "moderation", "generator_device", "vae_use_slicing", "vae_use_tiling", "upscaling_scale"];

    /// <returns>Names that were sent and have no influence.</returns>
    public static IReadOnlyList<string> Check(BodyFields fields)
    {
        RefuseIfOn(fields, "enable_teacache", "steps are not skipped for being alike; leave it out");
        RefuseIfOn(fields, "enable_upscaling", "pictures are drawn at the size that is asked for; leave it out");
        RefuseIfOn(fields, "enhance_prompt", "prompts are drawn as they are; leave it out");
        RefuseIfSet(fields, "upscaling_model_path", "pictures are drawn at the size that is asked for; leave it out");
        RefuseIfSet(fields, "perf_dump_path", "the answer's Server-Timing header has the times; no files are written");
        RefuseIfSet(fields, "flow_shift", "the model's own schedule decides the shift; leave it out");
        RefuseIfSet(fields, "layers", "the model draws one layer; leave it out");
        RefuseIfSet(fields, "lora", "adapters are not served here");
        RefuseIfSet(fields, "extra_params", "the model has no further parameters; leave it out");
        RefuseIfSet(fields, "diffusers_kwargs", "no diffusers pipeline is behind this service; leave it out");
        // Not all: each is looked for in the whole body again.
        foreach (var name in fields.Unknown.Where(name => name.StartsWith("progressive_", StringComparison.Ordinal)).Take(BodyFields.MostAlike).ToArray())
        {
            RefuseIfSet(fields, name, "pictures are drawn at one resolution; leave it out");
        }
        fields.Flag("vae_use_slicing");
        fields.Flag("vae_use_tiling");
        fields.Text("generator_device", maxLength: 32);
        fields.Integer("upscaling_scale", 1, 16);
        return [.. WithoutEffect.Where(name => fields.Raw(name) is not null)];
    }

    /// <summary>SGLang's output_quality as a number; null when it is absent.</summary>
    public static int? OutputQuality(BodyFields fields) => fields.Choice("output_quality", OutputQualities) switch
    {
        null => null,
        "maximum" => 100,
        "high" => 90,
        "medium" => 55,
        "low" => 35,
        _ => 75,
    };

    private static void RefuseIfOn(BodyFields fields, string name, string reason)
    {
        if (fields.Flag(name) == true)
        {
            fields.Refuse(name, reason);
        }
    }

    private static void RefuseIfSet(BodyFields fields, string name, string reason)
    {
        if (fields.Raw(name) is { } value && !IsNeutral(value))
        {
            fields.Refuse(name, reason);
        }
    }

    // Nothing, as JSON writes it, or a text of a form.
    private static bool IsNeutral(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.False => true,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.String => value.GetString()!.Trim() is "" or "{}" or "[]" or "null" or "false",
        _ => false,
    };
}
