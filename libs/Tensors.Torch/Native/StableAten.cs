using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace QwenMesh.Tensors.Torch.Native;

/// <summary>
/// LibTorch through its stable C interface alone: any LibTorch from 2.10 on. Operators are called by name with their complete argument
/// lists as of 2.10, which newer versions adapt.
/// </summary>
internal sealed unsafe partial class StableAten : Aten
{
    private const ulong None = 0;

    // Of the interface that the argument lists here were written for.
    private static readonly ulong Interface = LibTorchVersion.Oldest.Number;

    [ThreadStatic]
    private static bool _gradOff;

    private readonly StableFunctions _torch;
    private readonly NativeFailures _failures;

    public StableAten(LibTorch library, TorchDevice device, NativeFailures failures)
    {
        _torch = new StableFunctions(library, device);
        _failures = failures;
        Device = device;
    }

    public override string Binding => "stable";

    public override TorchDevice Device { get; }

    public override int Threads
    {
        get
        {
            uint threads;
            Check(_torch.Threads(&threads), nameof(Threads));
            return (int)threads;
        }
    }

    public override nint Stream
    {
        get
        {
            if (_torch.Stream is null)
            {
                throw new NotSupportedException("the CPU has no streams");
            }
            nint stream;
            Check(_torch.Stream(Device.Index, &stream));
            return stream;
        }
    }

    // ---- the argument stack: 64 bits each, see torch/csrc/stable/stableivalue_conversions.h

    /// <summary>Calls an operator that gives one tensor. Its tensor arguments are references made for the call, which LibTorch drops.</summary>
    private nint Call(Operator op, params ReadOnlySpan<ulong> arguments) => (nint)CallRaw(op, arguments);

    private ulong CallRaw(Operator op, params ReadOnlySpan<ulong> arguments)
    {
        EnterThread();
        var stack = stackalloc ulong[16];
        arguments.CopyTo(new Span<ulong>(stack, 16));
        Check(_torch.Call(op.Name, op.Overload, stack, Interface), op);
        return stack[0];
    }

    private ulong Tensor(nint handle)
    {
        nint reference;
        Check(_torch.NewReference(handle, &reference), nameof(Tensor));
        return (ulong)reference;
    }

    private ulong OptionalTensor(nint handle) => handle == 0 ? None : _torch.Some(Tensor(handle));

    private ulong List(params ReadOnlySpan<long> values)
    {
        nint list;
        Check(_torch.NewList((nuint)values.Length, &list), nameof(List));
        foreach (var value in values)
        {
            Check(_torch.PushToList(list, (ulong)value), nameof(List));
        }
        return (ulong)list;
    }

    private ulong Text(ReadOnlySpan<byte> text)
    {
        nint handle;
        fixed (byte* bytes = text)
        {
            Check(_torch.NewText(bytes, (nuint)text.Length, &handle), nameof(Text));
        }
        return (ulong)handle;
    }

    private ulong Type(AtenType type) => (ulong)(uint)_torch.NumberOf(type);

    private static ulong Number(double value) => BitConverter.DoubleToUInt64Bits(value);

    private static ulong Flag(bool value) => value ? 1UL : 0;

    /// <summary>Nothing here is ever differentiated, and LibTorch keeps that switch for every thread.</summary>
    public void EnterThread()
    {
        if (!_gradOff)
        {
            _torch.SetGradMode(0);
            _gradOff = true;
        }
    }

    private void Check(int code, Operator op)
    {
        if (code != 0)
        {
            Throw(op.ToString());
        }
    }

    private void Check(int code, [CallerMemberName] string operation = "")
    {
        if (code != 0)
        {
            Throw(operation);
        }
    }

    [DoesNotReturn]
    private void Throw(string operation) => throw _failures.Translate(operation, _torch.LastError());
}
