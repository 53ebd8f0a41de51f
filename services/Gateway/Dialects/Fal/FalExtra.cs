using System.Text.Json;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.Fal;

/// <summary>What a job keeps for its answers.</summary>
/// <param name="Alias"><see cref="FalModel.Alias"/></param>
/// <param name="IsData"><see cref="FalRequest.IsData"/></param>
internal sealed record FalExtra(string Alias, bool IsData)
{
    public string Write() => JsonSerializer.Serialize(this);

    public static FalExtra Of(Job job) => JsonSerializer.Deserialize<FalExtra>(job.Extra ?? "{}") ?? new FalExtra("", false);
}
