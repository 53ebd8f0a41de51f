namespace QwenMesh.Gateway.Dialects.DashScope;

/// <summary>A text that is cut where it is too long, as the vendor does.</summary>
/// <param name="Text">What is left.</param>
/// <param name="IsCut">Whether it was longer.</param>
internal readonly record struct CutText(string Text, bool IsCut)
{
    /// <param name="text">As it was sent.</param>
    /// <param name="most">Characters (code points).</param>
    public static CutText To(string text, int most)
    {
        var (characters, length) = (0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            if (++characters > most)
            {
                return new CutText(text[..length], IsCut: true);
            }
            length += rune.Utf16SequenceLength;
        }
        return new CutText(text, IsCut: false);
    }

    public static CutText? ToOrNull(string? text, int most) => text is null ? null : To(text, most);
}
