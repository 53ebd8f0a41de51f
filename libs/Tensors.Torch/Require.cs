using System.Runtime.CompilerServices;

namespace QwenMesh.Tensors.Torch;

/// <summary>Checks of what an operation was given. The operation's name comes from the caller.</summary>
internal static class Require
{
    /// <summary>A tensor of this engine in a type that it computes with, any shape.</summary>
    public static TorchTensor Float(Tensor tensor, [CallerArgumentExpression(nameof(tensor))] string name = "", [CallerMemberName] string operation = "")
    {
        var own = Own(tensor, name, operation);
        if (own.DType is not (DType.Float32 or DType.BFloat16))
        {
            ShapeException.Throw(operation, $"{name} of {DType.Float32} or {DType.BFloat16}", own.DType.ToString());
        }
        return own;
    }

    /// <summary>A tensor of this engine with the element type, any shape.</summary>
    public static TorchTensor Typed(
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
    public static TorchTensor Own(
        Tensor tensor, [CallerArgumentExpression(nameof(tensor))] string name = "", [CallerMemberName] string operation = "")
    {
        ArgumentNullException.ThrowIfNull(tensor, name);
        return tensor as TorchTensor
            ?? throw new ArgumentException($"{operation}: {name} belongs to another engine ({tensor.GetType().Name})", name);
    }

    /// <summary>A float matrix, all leading axes flattened into rows.</summary>
    public static TorchTensor Matrix(
        Tensor tensor, int rows, int columns, [CallerArgumentExpression(nameof(tensor))] string name = "", [CallerMemberName] string operation = "")
    {
        var own = Float(tensor, name, operation);
        if (own.Shape.Columns != columns || own.Shape.Rows != rows)
        {
            ShapeException.Throw(operation, $"{name} [{rows}, {columns}]", own.Shape.ToString());
        }
        return own;
    }

    /// <summary>A float tensor with this many elements in its last axis.</summary>
    public static TorchTensor Columns(
        Tensor tensor, int columns, [CallerArgumentExpression(nameof(tensor))] string name = "", [CallerMemberName] string operation = "")
    {
        var own = Float(tensor, name, operation);
        if (own.Shape.Columns != columns)
        {
            ShapeException.Throw(operation, $"{name} [rows, {columns}]", own.Shape.ToString());
        }
        return own;
    }

    /// <summary>A float vector in any shape.</summary>
    public static TorchTensor Vector(
        Tensor tensor, int count, [CallerArgumentExpression(nameof(tensor))] string name = "", [CallerMemberName] string operation = "")
    {
        var own = Float(tensor, name, operation);
        if (own.Shape.Count != count)
        {
            ShapeException.Throw(operation, $"{name} of {count} elements", own.Shape.ToString());
        }
        return own;
    }

    /// <summary>A float tensor of exactly this shape.</summary>
    public static TorchTensor Shaped(
        Tensor tensor, Shape shape, [CallerArgumentExpression(nameof(tensor))] string name = "", [CallerMemberName] string operation = "")
    {
        var own = Float(tensor, name, operation);
        if (own.Shape != shape)
        {
            ShapeException.Throw(operation, $"{name} {shape}", own.Shape.ToString());
        }
        return own;
    }

    /// <summary>A float tensor with this many axes.</summary>
    public static TorchTensor Rank(
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
    public static void Apart(TorchTensor into, TorchTensor input, [CallerArgumentExpression(nameof(input))] string name = "", [CallerMemberName] string operation = "")
    {
        if (into.Overlaps(input))
        {
            throw new ArgumentException($"{operation}: the output shares memory with {name}", name);
        }
    }
}
