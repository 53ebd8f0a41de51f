using System.Runtime.InteropServices;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Denoiser.Tests.Requests;

/// <summary>Builds the messages of a call.</summary>
internal static class Messages
{
    private static uint _ids;

    public static DenoiseRequest Parameters(Action<DenoiseParameters>? change = null)
    {
        var parameters = new DenoiseParameters
        {
            LatentHeight = 6,
            LatentWidth = 4,
            NumInferenceSteps = 2,
            Scheduler = Scheduler.Checkpoint,
            TrueCfgScale = 4,
            Seed = 5,
        };
        change?.Invoke(parameters);
        return new() { Parameters = parameters };
    }

    public static IEnumerable<DenoiseRequest> Tensor(string name, float[] values, params long[] shape) =>
        Tensor(name, DataType.Float32, MemoryMarshal.AsBytes(values.AsSpan()).ToArray(), shape);

    public static IEnumerable<DenoiseRequest> Tensor(string name, DataType dtype, byte[] bytes, params long[] shape) =>
        Tensor(name, 0, dtype, bytes, shape);

    /// <summary>One of several tensors of a name. Every tensor gets an id that no other one of the process has.</summary>
    public static IEnumerable<DenoiseRequest> Tensor(string name, int index, DataType dtype, byte[] bytes, params long[] shape) =>
        TensorFrames.Split(new(name, dtype, shape, bytes, index), Interlocked.Increment(ref _ids)).Select(frame => new DenoiseRequest { Frame = frame });

    /// <summary>The same of floats.</summary>
    public static IEnumerable<DenoiseRequest> Tensor(string name, int index, float[] values, params long[] shape) =>
        Tensor(name, index, DataType.Float32, MemoryMarshal.AsBytes(values.AsSpan()).ToArray(), shape);

    /// <summary>Conditioning with values that differ between tokens, channels and seeds.</summary>
    public static float[] Embeds(int tokens, int width, int seed)
    {
        var random = new Random(seed);
        var values = new float[tokens * width];
        foreach (ref var value in values.AsSpan())
        {
            value = (random.NextSingle() * 2) - 1;
        }
        return values;
    }
}
