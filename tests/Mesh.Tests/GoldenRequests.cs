using QwenMesh.Imaging;
using QwenMesh.Testing;

namespace QwenMesh.Mesh.Tests;

/// <summary>A golden case's inputs as a request.</summary>
internal static class GoldenRequests
{
    public static OneProcessRequest Of(GoldenCase golden)
    {
        var pictures = golden.Images.Select(Read).ToArray();
        var isMasked = golden.Pipeline is PipelinePictures.Inpaint or PipelinePictures.EditInpaint;
        return new(golden.ModelFolder, golden.Prompt, golden.NegativePrompt, golden.Width, golden.Height, golden.Steps, golden.TrueCfgScale, golden.Seed)
        {
            Pipeline = golden.Pipeline,
            Pictures = isMasked ? pictures[..1] : pictures,
            Mask = isMasked ? pictures[1] : null,
            Strength = Number(golden, "strength") ?? 1,
            ControlNetwork = golden.Json.TryGetProperty("controlnet", out var name) && name.GetString() is { } network ? GoldenFolder.Model(network) : null,
            ControlScale = (float)(Number(golden, "controlnet_conditioning_scale") ?? 1),
            Lightning = golden.Scheduler == "lightning",
            MaxSequenceLength = golden.MaxSequenceLength,
        };
    }

    public static double? Number(GoldenCase golden, string input) => golden.Inputs.TryGetProperty(input, out var value) ? value.GetDouble() : null;

    public static RgbImage Read(string file) => new VipsDecoder().Decode(File.ReadAllBytes(file), new ImageLimits());
}
