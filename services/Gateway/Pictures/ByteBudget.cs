namespace QwenMesh.Gateway.Pictures;

/// <summary>Bytes that all pictures of one request may have together. Several threads may take from it.</summary>
internal sealed class ByteBudget(long limit)
{
    private long _taken;

    /// <exception cref="PictureException">Nothing is left.</exception>
    public void Take(long count)
    {
        if (Interlocked.Add(ref _taken, count) > limit)
        {
            throw new PictureException(PictureFaultKind.TooLarge, $"the pictures of the request have more than {limit} bytes together");
        }
    }
}
