namespace QwenMesh.Imaging;

/// <summary>Arithmetic of bytes that stand for 0 to 1, as Pillow has it.</summary>
internal static class ByteMath
{
    /// <summary>value·by/255, rounded to the nearest.</summary>
    public static byte Scale(byte value, byte by)
    {
        var product = (value * by) + 128;
        return (byte)(((product >> 8) + product) >> 8);
    }
}
