using System.Text.Json;
using QwenMesh.Gateway.Dialects.Fields;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>A number; or SGLang's list, one for each picture. Pictures are drawn from the first one and its successors, so a list has to say the same.</summary>
internal static class OpenAiSeed
{
    /// <summary>Null takes a random one, or is at fault.</summary>
    public static long? Read(BodyFields fields, int pictures)
    {
        // In a form several values are no list; the last one counts.
        if (fields.Raw("seed") is not { ValueKind: JsonValueKind.Array } list || list.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.Number))
        {
            return fields.Integer("seed", 0, uint.MaxValue);
        }
        long[] seeds = [.. list.EnumerateArray().Select(item => item.TryGetInt64(out var seed) ? seed : -1)];
        if ((seeds.Length == 1 || seeds.Length == pictures) && seeds[0] is >= 0 and <= uint.MaxValue && seeds.Index().All(seed => seed.Item == seeds[0] + seed.Index))
        {
            return seeds[0];
        }
        fields.Refuse("seed", "pictures are drawn from seed, seed + 1, ...; a list has these, one for each picture, or the first alone");
        return null;
    }
}
