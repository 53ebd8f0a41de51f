using System.Reflection;
using QwenMesh.Tensors.Cpu;

namespace QwenMesh.Tensors;

/// <summary>The one way to an engine: by the name of its device.</summary>
public static class TensorEngines
{
    private const string TorchAssembly = "QwenMesh.Tensors.Torch";

    /// <summary>Opens the engine of <see cref="EngineOptions.Device"/>.</summary>
    /// <exception cref="EngineUnavailableException">No engine serves the device, or it cannot be opened here.</exception>
    public static TensorBackend Open(EngineOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var engine = Find(options.Device)
            ?? throw new EngineUnavailableException(Unknown(options.Device).Value);
        return engine.Open(options);
    }

    /// <summary>What the engine of <see cref="EngineOptions.Device"/> finds on this machine.</summary>
    public static IReadOnlyList<EngineFinding> Examine(EngineOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        try
        {
            return Find(options.Device)?.Examine(options) ?? [Unknown(options.Device)];
        }
        catch (EngineUnavailableException exception)
        {
            return [new EngineFinding("engine", exception.Message, IsMissing: true)];
        }
    }

    private static EngineFinding Unknown(string device) =>
        new("engine", $"there is no device '{device}'; known are cpu, torch:cpu, cuda and cuda:N", IsMissing: true);

    private static ITensorEngine? Find(string device)
    {
        var cpu = new CpuEngine();
        if (cpu.Serves(device))
        {
            return cpu;
        }
        return IsTorch(device) && Torch(device) is { } torch && torch.Serves(device) ? torch : null;
    }

    private static bool IsTorch(string device) =>
        device.StartsWith("torch:", StringComparison.OrdinalIgnoreCase) || device.StartsWith("cuda", StringComparison.OrdinalIgnoreCase);

    // Found by name: LibTorch has hundreds of megabytes, and a service that computes on the CPU carries none of them.
    private static ITensorEngine? Torch(string device)
    {
        Assembly assembly;
        try
        {
            assembly = Assembly.Load(TorchAssembly);
        }
        catch (FileNotFoundException exception)
        {
            throw new EngineUnavailableException(
                $"device '{device}' needs {TorchAssembly}.dll beside the service; build or publish with -p:Torch=cpu or -p:Torch=cuda", exception);
        }
        return assembly.GetTypes().Where(type => type.IsAssignableTo(typeof(ITensorEngine)) && !type.IsAbstract)
            .Select(type => (ITensorEngine)Activator.CreateInstance(type)!).FirstOrDefault();
    }
}
