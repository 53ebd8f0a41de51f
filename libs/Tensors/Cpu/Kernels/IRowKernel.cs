using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>An operation whose rows do not depend on each other, in plain loops and in vectors of any width.</summary>
internal interface IRowKernel
{
    /// <summary>Elements of a "row" of operations on single elements.</summary>
    const int Elements = 4096;

    /// <summary>Rows [start, start + count) in plain loops, with sums in double precision.</summary>
    void Scalar(int start, int count);

    /// <summary>The same in vectors.</summary>
    void Vector<TWidth, TVector>(int start, int count)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct;
}
