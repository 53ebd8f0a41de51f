using System.Buffers;

namespace QwenMesh.TensorWire;

/// <summary>Memory of tensors that come in: from the pool, or made to size and left to the collector where they are large.</summary>
internal static class TensorBuffers
{
    /// <summary>
    /// Bytes of a buffer of the pool at most. It rounds up to powers of two and keeps what comes back for half a minute and more, however little memory there
    /// is: a few large pictures at once, each in buffers that it has outgrown, left a stage of 2 GiB nothing for the next.
    /// </summary>
    public const int LargestPooled = 32 << 20;

    /// <returns>At least so many bytes, of any content.</returns>
    public static byte[] Rent(int size) => size > LargestPooled ? GC.AllocateUninitializedArray<byte>(size) : ArrayPool<byte>.Shared.Rent(size);

    public static void Return(byte[] buffer)
    {
        if (buffer.Length <= LargestPooled)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
