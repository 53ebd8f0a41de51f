using System.Runtime.InteropServices;

namespace QwenMesh.Tensors.Torch.Cuda;

/// <summary>NVIDIA's run-time compiler, which comes with LibTorch's CUDA libraries. It needs neither a card nor a driver.</summary>
internal sealed unsafe class Nvrtc
{
    private readonly delegate* unmanaged[Cdecl]<int*, int*, int> _version;
    private readonly delegate* unmanaged[Cdecl]<int*, int> _architectureCount;
    private readonly delegate* unmanaged[Cdecl]<int*, int> _architectures;
    private readonly delegate* unmanaged[Cdecl]<nint*, byte*, byte*, int, byte**, byte**, int> _create;
    private readonly delegate* unmanaged[Cdecl]<nint, int, byte**, int> _compile;
    private readonly delegate* unmanaged[Cdecl]<nint, nuint*, int> _logSize;
    private readonly delegate* unmanaged[Cdecl]<nint, byte*, int> _log;
    private readonly delegate* unmanaged[Cdecl]<nint, nuint*, int> _cubinSize;
    private readonly delegate* unmanaged[Cdecl]<nint, byte*, int> _cubin;
    private readonly delegate* unmanaged[Cdecl]<nint, nuint*, int> _ptxSize;
    private readonly delegate* unmanaged[Cdecl]<nint, byte*, int> _ptx;
    private readonly delegate* unmanaged[Cdecl]<nint*, int> _destroy;
    private readonly delegate* unmanaged[Cdecl]<int, byte*> _errorText;

    private Nvrtc(nint library)
    {
        _version = (delegate* unmanaged[Cdecl]<int*, int*, int>)NativeLibrary.GetExport(library, "nvrtcVersion");
        _architectureCount = (delegate* unmanaged[Cdecl]<int*, int>)NativeLibrary.GetExport(library, "nvrtcGetNumSupportedArchs");
        _architectures = (delegate* unmanaged[Cdecl]<int*, int>)NativeLibrary.GetExport(library, "nvrtcGetSupportedArchs");
        _create = (delegate* unmanaged[Cdecl]<nint*, byte*, byte*, int, byte**, byte**, int>)NativeLibrary.GetExport(library, "nvrtcCreateProgram");
        _compile = (delegate* unmanaged[Cdecl]<nint, int, byte**, int>)NativeLibrary.GetExport(library, "nvrtcCompileProgram");
        _logSize = (delegate* unmanaged[Cdecl]<nint, nuint*, int>)NativeLibrary.GetExport(library, "nvrtcGetProgramLogSize");
        _log = (delegate* unmanaged[Cdecl]<nint, byte*, int>)NativeLibrary.GetExport(library, "nvrtcGetProgramLog");
        _cubinSize = (delegate* unmanaged[Cdecl]<nint, nuint*, int>)NativeLibrary.GetExport(library, "nvrtcGetCUBINSize");
        _cubin = (delegate* unmanaged[Cdecl]<nint, byte*, int>)NativeLibrary.GetExport(library, "nvrtcGetCUBIN");
        _ptxSize = (delegate* unmanaged[Cdecl]<nint, nuint*, int>)NativeLibrary.GetExport(library, "nvrtcGetPTXSize");
        _ptx = (delegate* unmanaged[Cdecl]<nint, byte*, int>)NativeLibrary.GetExport(library, "nvrtcGetPTX");
        _destroy = (delegate* unmanaged[Cdecl]<nint*, int>)NativeLibrary.GetExport(library, "nvrtcDestroyProgram");
        _errorText = (delegate* unmanaged[Cdecl]<int, byte*>)NativeLibrary.GetExport(library, "nvrtcGetErrorString");
        int major, minor;
        Check(_version(&major, &minor), nameof(Version));
        Version = new Version(major, minor);
        int count;
        Check(_architectureCount(&count), nameof(Architectures));
        var architectures = new int[count];
        fixed (int* place = architectures)
        {
            Check(_architectures(place), nameof(Architectures));
        }
        Architectures = architectures;
    }

    public Version Version { get; }

    /// <summary>Compute capabilities that it compiles for, as major·10 + minor, rising.</summary>
    public IReadOnlyList<int> Architectures { get; }

    /// <param name="path">The library.</param>
    /// <exception cref="TorchException">It does not load or lacks an entry point.</exception>
    public static Nvrtc Load(string path)
    {
        try
        {
            // Its table of built-in functions lies beside it; NVRTC looks for it by name, and only where the system looks.
            foreach (var builtins in Directory.EnumerateFiles(Path.GetDirectoryName(Path.GetFullPath(path))!, "libnvrtc-builtins.so*"))
            {
                NativeLibrary.TryLoad(builtins, out _);
            }
            return new Nvrtc(NativeLibrary.Load(path));
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException)
        {
            throw new TorchException($"{path} does not load: {error.Message}", error);
        }
    }

    /// <summary>Compiles one source to machine code, or to PTX where the target is a newer card than this compiler knows.</summary>
    /// <exception cref="TorchException">The source does not compile; the message has the compiler's log.</exception>
    public byte[] Compile(string name, string source, NvrtcTarget target)
    {
        nint program;
        fixed (byte* text = Zero(source), file = Zero(name))
        {
            Check(_create(&program, text, file, 0, null, null), name);
        }
        try
        {
            string[] options = [$"--gpu-architecture={target.Option}", "--std=c++17", "--fmad=true", "-default-device"];
            var addresses = stackalloc byte*[options.Length];
            var pins = new GCHandle[options.Length];
            int code;
            try
            {
                for (var i = 0; i < options.Length; i++)
                {
                    pins[i] = GCHandle.Alloc(Zero(options[i]), GCHandleType.Pinned);
                    addresses[i] = (byte*)pins[i].AddrOfPinnedObject();
                }
                code = _compile(program, options.Length, addresses);
            }
            finally
            {
                Array.ForEach(pins, pin => pin.Free());
            }
            if (code != 0)
            {
                throw new TorchException($"{name} does not compile for {target.Option}: {Text(Content(program, _logSize, _log, name))}");
            }
            return target.IsBinary ? Content(program, _cubinSize, _cubin, name) : Content(program, _ptxSize, _ptx, name);
        }
        finally
        {
            _ = _destroy(&program);
        }
    }

    private byte[] Content(
        nint program, delegate* unmanaged[Cdecl]<nint, nuint*, int> size, delegate* unmanaged[Cdecl]<nint, byte*, int> copy, string name)
    {
        nuint bytes;
        Check(size(program, &bytes), name);
        var content = new byte[checked((int)bytes)];
        fixed (byte* place = content)
        {
            Check(copy(program, place), name);
        }
        return content;
    }

    private void Check(int code, string what)
    {
        if (code != 0)
        {
            throw new TorchException($"NVRTC: {what}: {Marshal.PtrToStringUTF8((nint)_errorText(code))}");
        }
    }

    private static byte[] Zero(string text) => System.Text.Encoding.UTF8.GetBytes(text + "\0");

    private static string Text(byte[] zeroTerminated) => System.Text.Encoding.UTF8.GetString(zeroTerminated).TrimEnd('\0', '\n');
}

/// <summary>What a source is compiled for.</summary>
/// <param name="Architecture">Compute capability, major·10 + minor.</param>
/// <param name="IsBinary">Machine code; otherwise PTX, which the driver compiles for a newer card.</param>
internal readonly record struct NvrtcTarget(int Architecture, bool IsBinary)
{
    public string Option => IsBinary ? $"sm_{Architecture}" : $"compute_{Architecture}";

    /// <summary>The best target for a card.</summary>
    /// <param name="card">Its compute capability.</param>
    /// <param name="supported">What the compiler knows.</param>
    /// <exception cref="TorchException">The compiler knows newer cards only.</exception>
    public static NvrtcTarget For(int card, IReadOnlyList<int> supported)
    {
        if (supported.Contains(card))
        {
            return new NvrtcTarget(card, true);
        }
        var older = supported.Where(known => known < card).DefaultIfEmpty(-1).Max();
        return older > 0 ? new NvrtcTarget(older, false) : throw new TorchException($"NVRTC compiles for {supported[0]} and newer, not for {card}");
    }
}
