using QwenMesh.Denoiser.Latents;

namespace QwenMesh.Denoiser.Transformer;

/// <summary>Cosines and sines [rows, head_dim/2] of the rotary embedding of consecutive tokens.</summary>
internal sealed record RopeTable(float[] Cos, float[] Sin);

/// <summary>
/// MSRoPE: positions on three axes (frame, row, column), each turning its own channels of a head. Every picture is centred on 0 in a frame of its
/// own; text follows on the diagonal, past the largest coordinate of any picture (docs/model.md 5.4). Tables of recent sizes are kept.
/// </summary>
internal sealed class ImageTextRope(int[] axes)
{
    /// <summary>Positions on either side of 0 that the reference's tables hold.</summary>
    public const int Positions = 4096;

    private const float Theta = 10000f;

    private readonly float[][] _frequencies = Array.ConvertAll(axes, Frequencies);
    private readonly RecentlyUsed<(int Frame, int Rows, int Columns), RopeTable> _images = new(capacity: 16);
    private readonly RecentlyUsed<(int Offset, int Tokens), RopeTable> _texts = new(capacity: 16);

    private int Half => axes.Sum() / 2;

    /// <summary>Position of the first text token, on all axes.</summary>
    public static int TextOffset(params ReadOnlySpan<LatentGrid> images)
    {
        var offset = 0;
        foreach (var image in images)
        {
            offset = Math.Max(offset, Math.Max(image.TokenRows / 2, image.TokenColumns / 2));
        }
        return offset;
    }

    /// <summary>Tables of all pictures' tokens; the first picture has frame 0, the next frame 1 and so on.</summary>
    public RopeTable Images(IReadOnlyList<LatentGrid> images)
    {
        if (images.Count == 1)
        {
            return Image(images[0], 0);
        }
        var tables = images.Select(Image).ToArray();
        return new([.. tables.SelectMany(table => table.Cos)], [.. tables.SelectMany(table => table.Sin)]);
    }

    /// <summary>Tables of one picture's tokens, row by row. An odd size has one more position below 0.</summary>
    public RopeTable Image(LatentGrid grid, int frameIndex)
    {
        var (rows, columns) = (grid.TokenRows, grid.TokenColumns);
        return _images.GetOrAdd((frameIndex, rows, columns), _ =>
        {
            var frame = Angles(frameIndex, 1, _frequencies[0]);
            var row = Angles(-(rows - (rows / 2)), rows, _frequencies[1]);
            var column = Angles(-(columns - (columns / 2)), columns, _frequencies[2]);
            return Join(rows * columns, token => (frame[0], row[token / columns], column[token % columns]));
        });
    }

    /// <summary>Tables of a text whose first token is at <paramref name="offset"/> (<see cref="TextOffset"/>).</summary>
    public RopeTable Text(int offset, int tokens) => _texts.GetOrAdd((offset, tokens), key =>
    {
        var angles = Array.ConvertAll(_frequencies, frequencies => Angles(key.Offset, key.Tokens, frequencies));
        return Join(key.Tokens, token => (angles[0][token], angles[1][token], angles[2][token]));
    });

    private RopeTable Join(int tokens, Func<int, ((float, float)[] Frame, (float, float)[] Row, (float, float)[] Column)> anglesOf)
    {
        var table = new RopeTable(new float[tokens * Half], new float[tokens * Half]);
        var next = 0;
        for (var token = 0; token < tokens; token++)
        {
            var (frame, row, column) = anglesOf(token);
            Append(frame);
            Append(row);
            Append(column);
        }
        return table;

        void Append((float Sin, float Cos)[] angles)
        {
            foreach (var (sin, cos) in angles)
            {
                table.Cos[next] = cos;
                table.Sin[next++] = sin;
            }
        }
    }

    // Sine and cosine of consecutive positions times every frequency of one axis.
    private static (float Sin, float Cos)[][] Angles(int first, int count, float[] frequencies)
    {
        var angles = new (float, float)[count][];
        for (var i = 0; i < count; i++)
        {
            float position = first + i;
            angles[i] = Array.ConvertAll(frequencies, frequency => MathF.SinCos(position * frequency));
        }
        return angles;
    }

    private static float[] Frequencies(int dim)
    {
        var frequencies = new float[dim / 2];
        for (var i = 0; i < frequencies.Length; i++)
        {
            frequencies[i] = 1f / MathF.Pow(Theta, 2f * i / dim);
        }
        return frequencies;
    }
}
