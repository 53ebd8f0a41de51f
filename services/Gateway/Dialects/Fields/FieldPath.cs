using System.Globalization;
using System.Text;

namespace QwenMesh.Gateway.Dialects.Fields;

/// <summary>Where a field is in a body: names and positions from the root on.</summary>
public sealed class FieldPath
{
    private readonly object[] _segments;

    private FieldPath(object[] segments) => _segments = segments;

    /// <summary>The body as a whole.</summary>
    public static FieldPath Body { get; } = new([]);

    /// <summary>Strings are names, integers are positions from 0.</summary>
    public IReadOnlyList<object> Segments => _segments;

    /// <summary>A field of this object.</summary>
    public FieldPath At(string name) => new([.. _segments, name]);

    /// <summary>An item of this list.</summary>
    public FieldPath At(int position) => new([.. _segments, position]);

    /// <summary>E.g. <c>input.messages[0].content</c>; empty for the body.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var segment in _segments)
        {
            if (segment is int position)
            {
                text.Append(CultureInfo.InvariantCulture, $"[{position}]");
            }
            else
            {
                text.Append(text.Length > 0 ? "." : "").Append(Echo.Cut((string)segment));
            }
        }
        return text.ToString();
    }
}
