namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>
/// The input rows that a convolution's window covers, padded and with pixels innermost: [slot][phase][channel][position]. Vector lanes are
/// then neighbouring output pixels, and a tap of the kernel is an offset, whatever the number of channels. With stride s a row is
/// split into s phases, position j of phase f being padded pixel s·j + f.
/// </summary>
internal readonly unsafe struct PlanarRows
{
    private readonly ConvProblem _problem;
    private readonly float* _memory;
    private readonly float* _small;
    private readonly int _window;
    private readonly bool _enlarge;

    /// <param name="problem">The convolution.</param>
    /// <param name="memory"><see cref="Floats"/> floats.</param>
    /// <param name="window">Rows under the kernel.</param>
    /// <param name="positions">Positions of a phase, with everything that vectors may read beyond the picture.</param>
    /// <param name="enlarge">Whether rows are doubled here.</param>
    public PlanarRows(in ConvProblem problem, float* memory, int window, int positions, bool enlarge)
    {
        _problem = problem;
        _memory = memory;
        _window = window;
        _enlarge = enlarge;
        Positions = positions;
        _small = memory + ((long)window * SlotFloats);
        new Span<float>(memory, checked((int)(window * SlotFloats))).Clear();
    }

    /// <summary>Floats from one channel to the next.</summary>
    public int Positions { get; }

    private int Channels => _problem.Weight.InChannels;

    private long PhaseFloats => (long)Channels * Positions;

    private long SlotFloats => _problem.Stride * PhaseFloats;

    public static long Floats(in ConvProblem problem, int window, int positions, bool enlarge) =>
        problem.Weight.InChannels * (((long)window * problem.Stride * positions) + (enlarge ? problem.Width : 0));

    /// <summary>
    /// At least <paramref name="positions"/>, in whole cache lines of which the number is 3 or 5 modulo 8: channels a power of two apart
    /// would all fall into one set of the first cache.
    /// </summary>
    public static int Spread(int positions)
    {
        const int LineFloats = 16;
        var lines = (positions + LineFloats - 1) / LineFloats;
        while (lines % 8 is not (3 or 5))
        {
            lines++;
        }
        return lines * LineFloats;
    }

    /// <summary>Where padded row <paramref name="row"/> lies, from the tap at column <paramref name="column"/> on.</summary>
    public float* At(int row, int column) =>
        _memory + (row % _window * SlotFloats) + (column % _problem.Stride * PhaseFloats) + (column / _problem.Stride);

    /// <summary>Reads padded row <paramref name="row"/>; positions outside of the picture are zero from the start.</summary>
    public void Fill(int row)
    {
        var slot = At(row, 0);
        var (y, factor) = (row - _problem.Top, _enlarge ? 2 : 1);
        if (y < 0 || y >= _problem.Height * factor)
        {
            new Span<float>(slot, checked((int)SlotFloats)).Clear();
            return;
        }
        var from = _problem.X + ((long)(y / factor) * _problem.Width * Channels);
        if (_enlarge)
        {
            Transpose.Run(from, Channels, _problem.Width, Channels, _small, _problem.Width);
        }
        for (var phase = 0; phase < _problem.Stride; phase++)
        {
            FillPhase(from, slot + (phase * PhaseFloats), phase);
        }
    }

    private void FillPhase(float* from, float* into, int phase)
    {
        var (stride, left) = (_problem.Stride, _problem.Left);
        var first = Math.Max(0, (left - phase + stride - 1) / stride);
        var pixel = (first * stride) + phase - left;
        var width = _problem.Width * (_enlarge ? 2 : 1);
        var count = Math.Min(Positions - first, (width - pixel + stride - 1) / stride);
        if (count <= 0)
        {
            return;
        }
        if (!_enlarge)
        {
            Transpose.Run(from + ((long)pixel * Channels), (long)stride * Channels, count, Channels, into + first, Positions);
            return;
        }
        for (var c = 0; c < Channels; c++)
        {
            var small = _small + ((long)c * _problem.Width);
            var row = into + ((long)c * Positions) + first;
            for (var i = 0; i < count; i++)
            {
                row[i] = small[(pixel + (i * stride)) / 2];
            }
        }
    }
}
