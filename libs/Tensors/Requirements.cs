using System.Runtime.CompilerServices;

namespace QwenMesh.Tensors;

/// <summary>
/// An engine's checks of what its operations were given; the operation's name comes from the caller. "Float" is a type that the engine computes
/// with. Engines call it <c>Require</c>.
/// </summary>
internal static partial class Requirements<TTensor>
    where TTensor : Tensor, IEngineTensor<TTensor>
{
    /// <summary>A float tensor of this engine, any shape.</summary>
    public static TTensor Float(Tensor tensor, [CallerArgumentExpression(nameof(tensor))] string name = "", [CallerMemberName] string operation = "")
    {
        var own = Own(tensor, name, operation);
        if (!TTensor.FloatTypes.Contains(own.DType))
        {
            ShapeException.Throw(operation, $"{name} of {string.Join(" or ", TTensor.FloatTypes)}", own.DType.ToString());
        }
        return own;
    }

    /// <summary>A tensor of this engine with the element type, any shape.</summary>
    public static TTensor Typed(
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
    public static TTensor Own(
        Tensor tensor, [CallerArgumentExpression(nameof(tensor))] string name = "", [CallerMemberName] string operation = "")
    {
        ArgumentNullException.ThrowIfNull(tensor, name);
        return tensor as TTensor
            ?? throw new ArgumentException($"{operation}: {name} belongs to another engine ({tensor.GetType().Name})", name);
    }

    /// <summary>A float matrix, all leading axes flattened into rows.</summary>
    public static TTensor Matrix(
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
    public static TTensor Columns(
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
    public static TTensor Vector(
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
    public static TTensor Shaped(
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
    public static TTensor Rank(
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
    public static void Apart(TTensor into, TTensor input, [CallerArgumentExpression(nameof(input))] string name = "", [CallerMemberName] string operation = "")
    {
        if (into.Overlaps(input))
        {
            throw new ArgumentException($"{operation}: the output shares memory with {name}", name);
        }
    }

    /// <summary>Bounds of sequences that do not see each other: none, or rising from 0 to the rows, of which there are as many as keys.</summary>
    public static void Segments(ReadOnlySpan<int> segments, int rows, int keys, [CallerMemberName] string operation = "")
    {
        if (segments.IsEmpty)
        {
            return;
        }
        That(rows == keys, $"{rows} keys for segments", $"{keys}", operation);
        var ordered = segments[0] == 0 && segments[^1] == rows;
        for (var i = 1; ordered && i < segments.Length; i++)
        {
            ordered = segments[i] >= segments[i - 1];
        }
        That(ordered, $"rising segment bounds from 0 to {rows}", $"[{string.Join(", ", segments.ToArray())}]", operation);
    }

    /// <summary>Latents [C, H, W] and the tokens that they are packed into.</summary>
    public static void Patches(TTensor latents, int patch, TTensor tokens, [CallerMemberName] string operation = "")
    {
        var (channels, height, width) = (latents.Shape[0], latents.Shape[1], latents.Shape[2]);
        That(
            patch > 0 && height % patch == 0 && width % patch == 0,
            $"latents whose sides are multiples of {patch}", latents.Shape.ToString(), operation);
        That(
            tokens.Shape.Columns == channels * patch * patch && tokens.Shape.Rows == height / patch * (width / patch),
            $"tokens [{height / patch * (width / patch)}, {channels * patch * patch}]", tokens.Shape.ToString(), operation);
    }
}

/// <summary>An engine's tensor.</summary>
internal interface IEngineTensor<in TSelf>
{
    /// <summary>Types that the engine computes with.</summary>
    static abstract IReadOnlyList<DType> FloatTypes { get; }

    /// <summary>Whether the two share memory.</summary>
    bool Overlaps(TSelf other);
}
