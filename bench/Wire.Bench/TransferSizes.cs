namespace QwenMesh.Wire.Bench;

internal static class TransferSizes
{
    /// <summary>One tensor.</summary>
    public const int Total = 64 << 20;

    /// <summary>One message, and one send on the raw socket.</summary>
    public const int Chunk = 512 << 10;
}
