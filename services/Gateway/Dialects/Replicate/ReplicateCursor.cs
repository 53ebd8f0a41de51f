using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace QwenMesh.Gateway.Dialects.Replicate;

/// <summary>A place in the list of predictions: so many behind the one that was the newest when the list was begun. New ones do not move it.</summary>
/// <param name="Anchor">Id of that one.</param>
/// <param name="Offset">At least 1.</param>
internal sealed record ReplicateCursor(string Anchor, int Offset)
{
    private const int MaxLength = 128;
    private const int MaxOffset = 1_000_000_000;

    public override string ToString() => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Offset} {Anchor}")));

    /// <exception cref="DialectException">It is none of ours.</exception>
    public static ReplicateCursor Read(string text)
    {
        var buffer = new byte[MaxLength];
        return text.Length <= MaxLength && Base64Url.IsValid(text) && Base64Url.TryDecodeFromChars(text, buffer, out var count)
            && Encoding.UTF8.GetString(buffer, 0, count).Split(' ') is [var offset, var anchor] && Guid.TryParse(anchor, out _)
            && int.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= MaxOffset
            ? new ReplicateCursor(anchor, number)
            : throw new DialectException(DialectErrorKind.InvalidRequest, "the cursor is none of this service's; follow 'next' and 'previous' as they are");
    }
}
