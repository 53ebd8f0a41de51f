using System.Runtime.InteropServices;

namespace QwenMesh.Tensors.Torch.Native;

/// <summary>
/// Entry points of LibTorch's stable C interface (torch/csrc/stable/c/shim.h and torch/csrc/inductor/aoti_torch/c/shim.h), found by name.
/// Those that return int give 0 for success. Every loaded LibTorch from 2.10 on has the required ones.
/// </summary>
internal sealed unsafe class StableFunctions
{
    public readonly delegate* unmanaged[Cdecl]<byte*, byte*, ulong*, ulong, int> Call;
    public readonly delegate* unmanaged[Cdecl]<nint, nint*, int> NewReference;
    public readonly delegate* unmanaged[Cdecl]<nint, int> Delete;
    public readonly delegate* unmanaged[Cdecl]<nint, void**, int> Data;
    public readonly delegate* unmanaged[Cdecl]<long, long*, long*, int, int, int, nint*, int> Empty;
    public readonly delegate* unmanaged[Cdecl]<long, long*, long*, int, int, int, nint*, int> EmptyPinned;
    public readonly delegate* unmanaged[Cdecl]<nint, long, long*, long*, long, int, int, int, nint*, int> FromMemory;
    public readonly delegate* unmanaged[Cdecl]<nint, long, long*, long*, long, nint*, int> View;
    public readonly delegate* unmanaged[Cdecl]<nint, nint, int, int> Copy;
    public readonly delegate* unmanaged[Cdecl]<nint, nint, double, nint*, int> AddTensor;
    public readonly delegate* unmanaged[Cdecl]<nint, double, double, nint*, int> AddScalar;
    public readonly delegate* unmanaged[Cdecl]<nint, double, nint*, int> MulScalar;
    public readonly delegate* unmanaged[Cdecl]<nint, nint, nint, nint, double, double, int> AddMatMul;
    public readonly delegate* unmanaged[Cdecl]<nuint, nint*, int> NewList;
    public readonly delegate* unmanaged[Cdecl]<nint, ulong, int> PushToList;
    public readonly delegate* unmanaged[Cdecl]<byte*, nuint, nint*, int> NewText;
    public readonly delegate* unmanaged[Cdecl]<byte, void> SetGradMode;
    public readonly delegate* unmanaged[Cdecl]<uint*, int> Threads;

    /// <summary>Null on the CPU.</summary>
    public readonly delegate* unmanaged[Cdecl]<int, nint*, int> Stream;

    private readonly delegate* unmanaged[Cdecl]<byte*> _lastError;
    private readonly delegate* unmanaged[Cdecl]<ulong**, int> _newOptional;
    private readonly delegate* unmanaged[Cdecl]<nuint, void*> _operatorNew;
    private readonly int[] _types;

    /// <exception cref="TorchException">The library lacks an entry point.</exception>
    public StableFunctions(LibTorch library, TorchDevice device)
    {
        var cpu = library.Cpu;
        var backend = device.IsCuda ? library.Cuda : cpu;
        var kind = device.IsCuda ? "cuda" : "cpu";
        Call = (delegate* unmanaged[Cdecl]<byte*, byte*, ulong*, ulong, int>)Export(cpu, "torch_call_dispatcher");
        NewReference = (delegate* unmanaged[Cdecl]<nint, nint*, int>)Export(cpu, "aoti_torch_new_tensor_handle");
        Delete = (delegate* unmanaged[Cdecl]<nint, int>)Export(cpu, "aoti_torch_delete_tensor_object");
        Data = (delegate* unmanaged[Cdecl]<nint, void**, int>)Export(cpu, "aoti_torch_get_data_ptr");
        Empty = (delegate* unmanaged[Cdecl]<long, long*, long*, int, int, int, nint*, int>)Export(cpu, "aoti_torch_empty_strided");
        EmptyPinned = (delegate* unmanaged[Cdecl]<long, long*, long*, int, int, int, nint*, int>)Export(cpu, "aoti_torch_empty_strided_pinned");
        FromMemory = (delegate* unmanaged[Cdecl]<nint, long, long*, long*, long, int, int, int, nint*, int>)Export(cpu, "aoti_torch_create_tensor_from_blob");
        View = (delegate* unmanaged[Cdecl]<nint, long, long*, long*, long, nint*, int>)Export(cpu, "aoti_torch__reinterpret_tensor");
        Copy = (delegate* unmanaged[Cdecl]<nint, nint, int, int>)Export(cpu, "aoti_torch_copy_");
        NewList = (delegate* unmanaged[Cdecl]<nuint, nint*, int>)Export(cpu, "torch_new_list_reserve_size");
        PushToList = (delegate* unmanaged[Cdecl]<nint, ulong, int>)Export(cpu, "torch_list_push_back");
        NewText = (delegate* unmanaged[Cdecl]<byte*, nuint, nint*, int>)Export(cpu, "torch_new_string_handle");
        SetGradMode = (delegate* unmanaged[Cdecl]<byte, void>)Export(cpu, "aoti_torch_grad_mode_set_enabled");
        Threads = (delegate* unmanaged[Cdecl]<uint*, int>)Export(cpu, "torch_get_num_threads");
        // The dispatcher's stack has no form for a Scalar, so operators that take one have entry points of their own for every device.
        AddTensor = (delegate* unmanaged[Cdecl]<nint, nint, double, nint*, int>)Export(backend, $"aoti_torch_{kind}_add_Tensor");
        AddScalar = (delegate* unmanaged[Cdecl]<nint, double, double, nint*, int>)Export(backend, $"aoti_torch_{kind}_add_Scalar");
        MulScalar = (delegate* unmanaged[Cdecl]<nint, double, nint*, int>)Export(backend, $"aoti_torch_{kind}_mul_Scalar");
        AddMatMul = (delegate* unmanaged[Cdecl]<nint, nint, nint, nint, double, double, int>)Export(backend, $"aoti_torch_{kind}_addmm_out");

        Stream = device.IsCuda ? (delegate* unmanaged[Cdecl]<int, nint*, int>)Export(library.Cuda, "aoti_torch_get_current_cuda_stream") : null;

        // From 2.13 on; before, the text goes to standard error alone, and optional values are allocated as C++ does it.
        _lastError = (delegate* unmanaged[Cdecl]<byte*>)Optional(cpu, "torch_exception_get_what_without_backtrace");
        _newOptional = (delegate* unmanaged[Cdecl]<ulong**, int>)Optional(cpu, "torch_new_stable_ivalue");
        _operatorNew = _newOptional is null
            ? (delegate* unmanaged[Cdecl]<nuint, void*>)Export(NativeLibrary.Load("libstdc++.so.6"), "_Znwm")
            : null;

        DeviceType = Constant(cpu, $"aoti_torch_device_type_{kind}");
        CpuType = Constant(cpu, "aoti_torch_device_type_cpu");
        _types = [.. Enum.GetValues<AtenType>().Select(type => Constant(cpu, "aoti_torch_dtype_" + NameOf(type)))];
    }

    /// <summary>LibTorch's number of the device's kind.</summary>
    public int DeviceType { get; }

    /// <summary>LibTorch's number of host memory's kind.</summary>
    public int CpuType { get; }

    /// <summary>LibTorch's number of an element type.</summary>
    public int NumberOf(AtenType type) => _types[(int)type];

    /// <summary>Text of this thread's last failure; null where LibTorch does not keep it.</summary>
    public string? LastError() => _lastError is null ? null : Marshal.PtrToStringUTF8((nint)_lastError());

    /// <summary>An optional value that is there, in memory that LibTorch frees.</summary>
    public ulong Some(ulong value)
    {
        ulong* place;
        if (_newOptional is null)
        {
            place = (ulong*)_operatorNew(sizeof(ulong));
        }
        else if (_newOptional(&place) != 0)
        {
            throw new TorchException("torch_new_stable_ivalue failed");
        }
        *place = value;
        return (ulong)place;
    }

    private static string NameOf(AtenType type) => type switch
    {
        AtenType.Float32 => "float32",
        AtenType.Float16 => "float16",
        AtenType.BFloat16 => "bfloat16",
        AtenType.Float8E4M3 => "float8_e4m3fn",
        AtenType.UInt8 => "uint8",
        AtenType.Int64 => "int64",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown element type"),
    };

    private static int Constant(nint library, string name) => ((delegate* unmanaged[Cdecl]<int>)Export(library, name))();

    private static void* Export(nint library, string name) => NativeLibrary.TryGetExport(library, name, out var address)
        ? (void*)address
        : throw new TorchException($"the LibTorch that was loaded has no {name}; {LibTorchVersion.Oldest} or newer is needed");

    private static void* Optional(nint library, string name) => NativeLibrary.TryGetExport(library, name, out var address) ? (void*)address : null;
}
