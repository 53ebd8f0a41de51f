using System.Globalization;
using QwenMesh.Checkpoints;
using Xunit;

namespace QwenMesh.Testing;

/// <summary>Compares what a model asked for with a committed list of lines <c>name [a, b]</c>.</summary>
public static class ApprovedShapes
{
    /// <param name="path">The list; blank lines and lines that begin with # do not count.</param>
    /// <param name="taken">What <see cref="Weights.Record"/> wrote down.</param>
    public static void Match(string path, IEnumerable<RecordedWeight> taken)
    {
        var approved = File.ReadLines(path).Where(line => line.Length > 0 && line[0] != '#').Order(StringComparer.Ordinal).ToList();
        var found = taken.Select(weight => string.Create(CultureInfo.InvariantCulture, $"{weight.Name} {weight.Shape}"))
            .Order(StringComparer.Ordinal).ToList();
        Assert.NotEmpty(approved);
        Assert.Equal(approved.Except(found), []);
        Assert.Equal(found.Except(approved), []);
        Assert.Equal(approved.Count, found.Count);
    }
}
