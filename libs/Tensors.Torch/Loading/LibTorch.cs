using System.Runtime.InteropServices;

namespace QwenMesh.Tensors.Torch;

/// <summary>LibTorch's native libraries in this process. There can be only one LibTorch; it stays for good.</summary>
internal sealed unsafe class LibTorch
{
    private const string CpuFile = "libtorch_cpu.so";
    private const string CudaFile = "libtorch_cuda.so";

    private static readonly Lock Loading = new();
    private static LibTorch? _loaded;

    private nint _cuda;

    private LibTorch(string folder)
    {
        Folder = folder;
        Cpu = Open(Path.Combine(folder, CpuFile));
        if (!NativeLibrary.TryGetExport(Cpu, "aoti_torch_abi_version", out var version))
        {
            throw new TorchException($"{folder} holds a LibTorch without a stable C interface; {LibTorchVersion.Oldest} or newer is needed");
        }
        Version = LibTorchVersion.Of(((delegate* unmanaged[Cdecl]<ulong>)version)());
        if (!Version.IsStable)
        {
            throw new TorchException($"{folder} holds LibTorch {Version}; {LibTorchVersion.Oldest} or newer is needed");
        }
    }

    public string Folder { get; }

    public LibTorchVersion Version { get; }

    /// <summary>libtorch_cpu: everything but CUDA.</summary>
    public nint Cpu { get; }

    /// <summary>libtorch_cuda.</summary>
    public nint Cuda => _cuda != 0 ? _cuda : throw new InvalidOperationException($"{CudaFile} is not loaded");

    /// <summary>Loads LibTorch, once.</summary>
    /// <param name="folder">Where it lies, or a PyTorch installation; null looks beside the program.</param>
    /// <param name="cuda">Whether its CUDA half is needed too.</param>
    /// <param name="threads">Threads of one operation on the CPU; the first caller's choice holds for the process.</param>
    /// <exception cref="TorchException">It is not there, does not load or is too old; the message says which.</exception>
    public static LibTorch Load(string? folder, bool cuda, int? threads)
    {
        var place = LibTorchFolder.Find(folder, CpuFile);
        lock (Loading)
        {
            if (_loaded is null)
            {
                NativeEnvironment.BeforeLibTorch(threads);
                _loaded = new LibTorch(place);
            }
            else if (_loaded.Folder != place)
            {
                throw new TorchException($"LibTorch of {_loaded.Folder} is loaded already; a process can have only one, not also that of {place}");
            }
            if (cuda)
            {
                _loaded.LoadCuda();
            }
            return _loaded;
        }
    }

    /// <summary>
    /// Loads TorchSharp's native library against this LibTorch. What it links to is in the process by then, so that it finds that and no other.
    /// </summary>
    /// <exception cref="TorchException">It cannot work here.</exception>
    public void LoadTorchSharp()
    {
        if (TorchSharpRequirements.Missing(Version) is { } reason)
        {
            throw new TorchException(reason);
        }
        Open(Path.Combine(Folder, "libtorch.so"));
        Open(Path.Combine(LibTorchFolder.BesideTheProgram(TorchSharpRequirements.File)!, TorchSharpRequirements.File));
    }

    private void LoadCuda()
    {
        if (_cuda != 0)
        {
            return;
        }
        var path = Path.Combine(Folder, CudaFile);
        if (!File.Exists(path))
        {
            throw new TorchException(
                $"{Folder} holds a LibTorch for the CPU alone: there is no {CudaFile}. Name the lib folder of a PyTorch with CUDA in Torch__LibraryPath.");
        }
        _cuda = Open(path);
    }

    private static nint Open(string path)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            throw new TorchException($"{path} does not load: {error.Message}", error);
        }
    }
}
