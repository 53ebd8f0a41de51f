using System.Globalization;
using QwenMesh.Tensors.Torch.Cuda;
using QwenMesh.Tensors.Torch.Native;

namespace QwenMesh.Tensors.Torch;

/// <summary>What the engine finds on a machine, one part after the other; a part that misses does not hide the next.</summary>
internal sealed class TorchExamination
{
    private readonly List<EngineFinding> _findings = [];

    public static IReadOnlyList<EngineFinding> Run(EngineOptions options)
    {
        var examination = new TorchExamination();
        examination.Look("settings", () => examination.Run(TorchSettings.Of(options)));
        return examination._findings;
    }

    private string? Run(TorchSettings settings)
    {
        CudaDevice? card = null;
        LibTorch? library = null;
        if (settings.Device.IsCuda)
        {
            Look("driver", () =>
            {
                var count = CudaDevice.Count();
                return string.Create(CultureInfo.InvariantCulture, $"for CUDA {CudaDevice.DriverVersion()}, {count} cards");
            });
            Look("card", () => (card = CudaDevice.Open(settings.Device.Index)).ToString());
        }
        Look("LibTorch", () =>
        {
            library = LibTorch.Load(settings.LibTorchPath, cuda: false, settings.Threads);
            return $"{library.Version} of {library.Folder}";
        });
        if (library is not null)
        {
            Examine(settings, library, card);
        }
        card?.Dispose();
        return null;
    }

    private void Examine(TorchSettings settings, LibTorch library, CudaDevice? card)
    {
        Look("TorchSharp", () => TorchSharpRequirements.Missing(library.Version) is not { } reason
            ? "fits"
            : settings.Binding == TorchBinding.TorchSharp ? throw new TorchException(reason) : $"not used: {reason}");
        if (settings.Device.IsCuda)
        {
            Look("CUDA", () =>
            {
                LibTorch.Load(settings.LibTorchPath, cuda: true, settings.Threads);
                return "LibTorch has it";
            });
            Look("NVRTC", () => NvrtcLibrary.Find(library.Folder) is { } path
                ? $"{Nvrtc.Load(path).Version} ({path})"
                : "not there: LibTorch's own kernels are used alone");
        }
        if (!_findings.Exists(finding => finding.IsMissing))
        {
            // The whole engine, as a service opens it.
            Look("engine", () =>
            {
                using var engine = TorchBackends.Open(settings);
                return engine.Description;
            });
        }
        Look("types", () => "activations f32, bf16; weights f32, f16, bf16" + (card?.HasFloat8 == true ? ", float8 products" : ""));
    }

    /// <summary>Notes what a part says; nothing when it says null.</summary>
    private void Look(string name, Func<string?> part)
    {
        try
        {
            if (part() is { } text)
            {
                _findings.Add(new EngineFinding(name, text));
            }
        }
        catch (Exception error) when (error is TorchException or OutOfDeviceMemoryException)
        {
            _findings.Add(new EngineFinding(name, error.Message, IsMissing: true));
        }
    }
}
