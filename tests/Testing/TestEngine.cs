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

    public static TensorBackend Open() => TensorEngines.Open(new EngineOptions { Device = Device, Threads = 2, Settings = Settings() });

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
