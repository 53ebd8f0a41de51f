using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace QwenMesh.Tensors;

/// <summary>Sizes of a tensor's axes, outermost first; row-major, always contiguous.</summary>
[CollectionBuilder(typeof(Shape), nameof(Create))]
public readonly struct Shape : IEquatable<Shape>
{
    private readonly int[]? _dims;

    public Shape(params ReadOnlySpan<int> dims)
    {
        foreach (var dim in dims)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(dim, nameof(dims));
        }
        _dims = dims.ToArray();
    }

    public static Shape Create(ReadOnlySpan<int> dims) => new(dims);

    public ReadOnlySpan<int> Dims => _dims;

    public int Rank => _dims?.Length ?? 0;

    /// <summary>Size of an axis; counts from the end as <c>shape[^1]</c>.</summary>
    public int this[Index axis] => _dims![axis];

    public long Count
    {
        get
        {
            long count = 1;
            foreach (var dim in Dims)
            {
                count = checked(count * dim);
            }
            return count;
        }
    }

    /// <summary>Size of the last axis: the features of one row.</summary>
    public int Columns => Rank == 0 ? 1 : _dims![^1];

    /// <summary>Product of all axes but the last.</summary>
    public int Rows => Columns == 0 ? 0 : checked((int)(Count / Columns));

    /// <summary>Iterates the axes; makes <c>[a, b]</c> a shape.</summary>
    public ReadOnlySpan<int>.Enumerator GetEnumerator() => Dims.GetEnumerator();

    public bool Equals(Shape other) => Dims.SequenceEqual(other.Dims);

    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Shape other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var dim in Dims)
        {
            hash.Add(dim);
        }
        return hash.ToHashCode();
    }

    public override string ToString() => $"[{string.Join(", ", _dims ?? [])}]";

    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);
}
