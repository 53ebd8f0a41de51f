namespace QwenMesh.Imaging;

/// <summary>Colours from all over the cube, to see what a conversion does.</summary>
internal static class ColourSamples
{
    private const int Step = 32;

    // Profiles of sRGB by different makers are one or two levels apart; Adobe RGB and Display P3 differ from it by tens.
    private const int Tolerance = 3;

    /// <summary>RGB of 9·9·9 colours and of all greys.</summary>
    public static byte[] Make()
    {
        var samples = new List<byte>();
        for (var corner = 0; corner < 9 * 9 * 9; corner++)
        {
            samples.AddRange([Level(corner % 9), Level(corner / 9 % 9), Level(corner / 81)]);
        }
        for (var grey = 0; grey < 256; grey++)
        {
            samples.AddRange([(byte)grey, (byte)grey, (byte)grey]);
        }
        return [.. samples];

        static byte Level(int index) => (byte)Math.Min(255, index * Step);
    }

    /// <summary>Whether no value has moved by more than a rounding error.</summary>
    public static bool AreAlike(ReadOnlySpan<byte> before, ReadOnlySpan<byte> after)
    {
        for (var i = 0; i < before.Length; i++)
        {
            if (Math.Abs(before[i] - after[i]) > Tolerance)
            {
                return false;
            }
        }
        return before.Length == after.Length;
    }
}
