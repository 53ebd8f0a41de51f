using System.Text.Json;
using QwenMesh.Testing.Stages;

namespace QwenMesh.Dialects.Bench;

/// <summary>Stages that answer at once, in a process of their own.</summary>
internal static class StagesProcess
{
    public static async Task ServeAsync()
    {
        await using var stages = await InstantStages.StartAsync();
        await ChildProcess.ServeAsync(JsonSerializer.Serialize(stages.Settings));
    }

    public static Dictionary<string, string> Settings(ChildProcess stages) => JsonSerializer.Deserialize<Dictionary<string, string>>(stages.Said)!;
}
