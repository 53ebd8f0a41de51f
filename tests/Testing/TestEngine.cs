using QwenMesh.Tensors;

namespace QwenMesh.Testing;

/// <summary>
/// The engine that models are tested on: the managed one, or that of <c>Engine__Device</c>, the variable that chooses it for a service too
/// (so that hosts in the same run have the same). <c>Engine__Settings__*</c> go with it.
/// </summary>
public static class TestEngine
{
    private const string Prefix = "Engine__Settings__";

    public static string Device => Environment.GetEnvironmentVariable("Engine__Device") is { Length: > 0 } chosen ? chosen : "cpu";

    /// <summary>Whether activations are BFloat16 (<c>Engine__ComputeType=bf16</c>).</summary>
    public static bool IsBFloat16 => string.Equals(Environment.GetEnvironmentVariable("Engine__ComputeType"), "bf16", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Relative error allowed to a whole model in BFloat16; the reference's numbers are Float32. Measured on the golden cases: transformer 0.6 %,
    /// with references or a control network 0.9 %, latents after the last step 1.2 %, text encoder with and without pictures 1.4 %, autoencoder's
    /// encoder 1.3 % and decoder 1.9 %.
    /// </summary>
    public const double BFloat16Tolerance = 0.03;

    /// <summary>What a sample of a picture may be off by, of 255: 8 was measured in BFloat16.</summary>
    public static int SampleTolerance => IsBFloat16 ? 12 : 1;

    public static TensorBackend Open() => TensorEngines.Open(new EngineOptions
    {
        Device = Device,
        Threads = 2,
        ComputeType = IsBFloat16 ? DType.BFloat16 : null,
        Settings = Settings(),
    });

    private static Dictionary<string, string> Settings()
    {
        var settings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            if (variable is { Key: string name, Value: string value } && name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            {
                settings[name[Prefix.Length..]] = value;
            }
        }
        return settings;
    }
}
