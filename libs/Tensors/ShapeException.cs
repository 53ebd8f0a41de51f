using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace QwenMesh.Tensors;

/// <summary>An operation was given tensors that do not fit together.</summary>
public sealed class ShapeException(string operation, string expected, string found)
    : ArgumentException($"{operation}: expected {expected}, found {found}")
{
    public string Operation { get; } = operation;

    public string Expected { get; } = expected;

    public string Found { get; } = found;

    [DoesNotReturn, StackTraceHidden]
    internal static void Throw(string operation, string expected, string found) =>
        throw new ShapeException(operation, expected, found);
}
