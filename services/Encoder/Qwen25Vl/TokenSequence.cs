namespace QwenMesh.Encoder.Qwen25Vl;

/// <summary>What the text model reads.</summary>
/// <param name="Ids">Token ids, an image token for every row of a picture.</param>
/// <param name="Pictures">Where the pictures' rows are, in order; they do not overlap.</param>
internal sealed record TokenSequence(List<int> Ids, IReadOnlyList<PictureSpan> Pictures)
{
    public static TokenSequence OfText(List<int> ids) => new(ids, []);

    /// <summary>
    /// Text counts 0, 1, 2, ... on all axes. A picture's rows stand at one time and spread over height and width; the text behind it goes on
    /// after the longer side (docs/model.md 3.3).
    /// </summary>
    public TokenPosition[] Positions()
    {
        var positions = new TokenPosition[Ids.Count];
        var (token, next) = (0, 0);
        foreach (var picture in Pictures)
        {
            Text(picture.Start);
            for (var row = 0; row < picture.Height; row++)
            {
                for (var column = 0; column < picture.Width; column++)
                {
                    positions[token++] = new TokenPosition(next, next + row, next + column);
                }
            }
            next += Math.Max(picture.Height, picture.Width);
        }
        Text(Ids.Count);
        return positions;

        void Text(int end)
        {
            for (; token < end; token++, next++)
            {
                positions[token] = new TokenPosition(next, next, next);
            }
        }
    }
}

/// <summary>Rows of one picture among the tokens.</summary>
/// <param name="Start">First token.</param>
/// <param name="Height">Rows of merged patches.</param>
/// <param name="Width">Merged patches in a row.</param>
internal readonly record struct PictureSpan(int Start, int Height, int Width)
{
    public int Tokens => Height * Width;
}

/// <summary>A token's place on the three axes; text has the same number on all of them.</summary>
internal readonly record struct TokenPosition(int Time, int Height, int Width);
