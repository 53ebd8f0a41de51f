namespace QwenMesh.Tensors.Cpu;

/// <summary>Blocks of one size that wait for their next use. The last that came goes out first, so that those at the bottom are the unused ones.</summary>
internal sealed class KeptBlocks
{
    private readonly List<NativeBlock> _blocks = [];

    // How many at the bottom have stayed since TakeUnused was called last: no clock is read when a block comes or goes.
    private int _unused;

    public void Push(NativeBlock block) => _blocks.Add(block);

    public NativeBlock? Pop()
    {
        var last = _blocks.Count - 1;
        if (last < 0)
        {
            return null;
        }
        var block = _blocks[last];
        _blocks.RemoveAt(last);
        _unused = Math.Min(_unused, last);
        return block;
    }

    /// <summary>Moves the blocks that have not been out since the call before to <paramref name="into"/>.</summary>
    public void TakeUnused(List<NativeBlock> into)
    {
        into.AddRange(_blocks.Take(_unused));
        _blocks.RemoveRange(0, _unused);
        _unused = _blocks.Count;
    }

    public void TakeAll(List<NativeBlock> into)
    {
        into.AddRange(_blocks);
        _blocks.Clear();
        _unused = 0;
    }
}
