namespace QwenMesh.Denoiser.Latents;

/// <summary>
/// Size of one picture's latents [channels, height, width] and of the tokens that they are packed into: squares of
/// <paramref name="Patch"/>² cells, row by row.
/// </summary>
internal sealed record LatentGrid(int Channels, int Height, int Width, int Patch)
{
    public int TokenRows => Height / Patch;

    public int TokenColumns => Width / Patch;

    public int Tokens => TokenRows * TokenColumns;

    /// <summary>Channels of one packed token.</summary>
    public int TokenChannels => Channels * Patch * Patch;

    public int Elements => Channels * Height * Width;

    /// <summary>Checks a size that came from outside under some name; null when it is fine, else what is wrong with it.</summary>
    public static string? Refuse(string name, int height, int width, int patch, int maxTokens)
    {
        if (height < patch || width < patch || height % patch != 0 || width % patch != 0)
        {
            return $"{name} must be positive multiples of {patch}; found {height} x {width}";
        }
        var tokens = (long)(height / patch) * (width / patch);
        return tokens <= maxTokens ? null : $"the picture has {tokens} tokens ({height} x {width} latents); at most {maxTokens} are accepted";
    }
}
