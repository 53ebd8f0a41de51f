namespace QwenMesh.Checkpoints;

/// <summary>What lies in a checkpoint's folder in place of weights when a download went wrong.</summary>
internal static class Placeholder
{
    private const int LooksAt = 64;

    private static ReadOnlySpan<byte> LfsPointer => "version https://git-lfs"u8;

    /// <param name="path">The file.</param>
    /// <param name="mapped">Its bytes.</param>
    /// <exception cref="CheckpointException">The file is a git-lfs pointer or a page of the web.</exception>
    public static void Refuse(string path, MappedFile mapped)
    {
        var start = mapped.Slice(0, (int)Math.Min(mapped.Length, LooksAt)).Span;
        if (start.StartsWith(LfsPointer))
        {
            throw new CheckpointException(path, null, "weights", "a git-lfs pointer to them (git lfs pull fetches the file)");
        }
        if (start.TrimStart(" \r\n\t"u8) is [(byte)'<', ..])
        {
            throw new CheckpointException(path, null, "weights", "an HTML or XML page (the download got an error page in place of the file)");
        }
    }
}
