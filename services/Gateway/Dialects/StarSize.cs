using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Dialects;

/// <summary>Sizes that are written "1024*1024"; an x between the numbers is the same.</summary>
internal static class StarSize
{
    private const int MaxLength = 32;

    /// <summary>Null when it is absent or at fault.</summary>
    /// <param name="fields">The body.</param>
    /// <param name="name">The field.</param>
    /// <param name="least">Pixels of a side at least.</param>
    /// <param name="most">Pixels of a side at most.</param>
    public static ImageSize? Read(BodyFields fields, string name, int least, int most)
    {
        if (fields.Text(name, MaxLength)?.Trim() is not { Length: > 0 } text)
        {
            return null;
        }
        if (!ImageSize.TryParse(text.ToLowerInvariant().Replace('*', 'x').Replace(" ", "", StringComparison.Ordinal), out var size))
        {
            fields.Refuse(name, "a size is WIDTH*HEIGHT in pixels, e.g. '1024*1024'");
            return null;
        }
        if (size.Width < least || size.Width > most || size.Height < least || size.Height > most)
        {
            fields.Refuse(name, FormattableString.Invariant($"each side has {least} to {most} pixels"));
            return null;
        }
        return size;
    }
}
