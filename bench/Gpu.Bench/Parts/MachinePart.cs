using System.Text.Json.Nodes;
using QwenMesh.Tensors;

namespace QwenMesh.Gpu.Bench.Parts;

/// <summary>What the engine finds here: card, driver, LibTorch, NVRTC; and that it opens.</summary>
internal static class MachinePart
{
    public static JsonObject Run(BenchOptions options)
    {
        using var backend = options.OpenEngine();
        var settings = new Dictionary<string, string>();
        if (options.LibTorchPath is not null)
        {
            settings["LibraryPath"] = options.LibTorchPath;
        }
        var findings = new JsonObject();
        foreach (var finding in TensorEngines.Examine(new EngineOptions { Device = options.Device, Settings = settings }))
        {
            findings[finding.Name] = finding.Value;
        }
        return new JsonObject { ["engine"] = backend.Description, ["findings"] = findings };
    }
}
