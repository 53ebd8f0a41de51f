using System.Runtime.InteropServices;

namespace QwenMesh.Tensors.Cpu;

/// <summary>A piece of native memory, aligned to <see cref="Alignment"/> bytes. Belongs to a <see cref="BufferPool"/>.</summary>
internal sealed unsafe class NativeBlock(long bytes)
{
    /// <summary>A cache line, and the width of the widest vector.</summary>
    public const int Alignment = 64;

    private void* _memory = NativeMemory.AlignedAlloc((nuint)bytes, Alignment);

    public long Bytes { get; } = bytes;

    public void* Pointer => _memory;

    public void Free()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }
}
