using System.Runtime.CompilerServices;

namespace QwenMesh.Tensors.Cpu;

/// <summary>Checks of what an operation was given. The operation's name comes from the caller.</summary>
internal static class Require
{
    /// <summary>A Float32 tensor of this engine, any shape.</summary>
    public static CpuTensor Float(Tensor tensor, [CallerArgumentExpression(nameof(tensor))] string name = "", [CallerMemberName] string operation = "") =>
        Typed(tensor, DType.Float32, name, operation);

    /// <summary>A tensor of this engine with the element type, any shape.</summary>
    public static CpuTensor Typed(
        Tensor tensor, DType dtype, [CallerArgumentExpression(nameof(tensor))] string name = "", [CallerMemberName] string operation = "")
    {
        var own = Own(tensor, name, operation);
        if (own.DType != dtype)
        {
            ShapeException.Throw(operation, $"{name} of {dtype}", own.DType.ToString());
        }
        return own;
    }

    /// <summary>A tensor of this engine.</summary>
    public static CpuTensor Own(
        Tensor tensor, [CallerArgumentExpression(nameof(tensor))] string name = "", [CallerMemberName] string operation = "")
    {
        ArgumentNullException.ThrowIfNull(tensor, name);
        return tensor as CpuTensor
            ?? throw new ArgumentException($"{operation}: {name} belongs to another engine ({tensor.GetType().Name})", name);
    }

    /// <summary>A Float32 matrix, all leading axes flattened into rows.</summary>
    public static CpuTensor Matrix(
        Tensor tensor, int rows, int columns, [CallerArgumentExpression(nameof(tensor))] string name = "", [CallerMemberName] string operation = "")
    {
        var own = Float(tensor, name, operation);
        if (own.Shape.Columns != columns || own.Shape.Rows != rows)
        {
            ShapeException.Throw(operation, $"{name} [{rows}, {columns}]", own.Shape.ToString());
        }
        return own;
    }

    /// <summary>A Float32 tensor with this many elements in its last axis.</summary>
    public static CpuTensor Columns(
        Tensor tensor, int columns, [CallerArgumentExpression(nameof(tensor))] string name = "", [CallerMemberName] string operation = "")
    {
        var own = Float(tensor, name, operation);
        if (own.Shape.Columns != columns)
        {
            ShapeException.Throw(operation, $"{name} [rows, {columns}]", own.Shape.ToString());
        }
        return own;
    }

    /// <summary>A Float32 vector in any shape.</summary>
    public static CpuTensor Vector(
        Tensor tensor, int count, [CallerArgumentExpression(nameof(tensor))] string name = "", [CallerMemberName] string operation = "")
    {
        var own = Float(tensor, name, operation);
        if (own.Shape.Count != count)
        {
            ShapeException.Throw(operation, $"{name} of {count} elements", own.Shape.ToString());
        }
        return own;
    }

    /// <summary>A Float32 tensor of exactly this shape.</summary>
    public static CpuTensor Shaped(
        Tensor tensor, Shape shape, [CallerArgumentExpression(nameof(tensor))] string name = "", [CallerMemberName] string operation = "")
    {
        var own = Float(tensor, name, operation);
        if (own.Shape != shape)
        {
            ShapeException.Throw(operation, $"{name} {shape}", own.Shape.ToString());
        }
        return own;
    }

    /// <summary>A Float32 tensor with this many axes.</summary>
    public static CpuTensor Rank(
        Tensor tensor, int rank, string axes, [CallerArgumentExpression(nameof(tensor))] string name = "", [CallerMemberName] string operation = "")
    {
        var own = Float(tensor, name, operation);
        if (own.Shape.Rank != rank)
        {
            ShapeException.Throw(operation, $"{name} {axes}", own.Shape.ToString());
        }
        return own;
    }

    public static void That(bool holds, string expected, string found, [CallerMemberName] string operation = "")
    {
        if (!holds)
        {
            ShapeException.Throw(operation, expected, found);
        }
    }

    /// <summary>An output that shares memory with an input would be read after it was written.</summary>
    public static void Apart(CpuTensor into, CpuTensor input, [CallerArgumentExpression(nameof(input))] string name = "", [CallerMemberName] string operation = "")
    {
        if (into.Overlaps(input))
        {
            throw new ArgumentException($"{operation}: the output shares memory with {name}", name);
        }
    }
}
