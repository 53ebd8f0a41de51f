namespace QwenMesh.Kernels.Bench;

/// <summary>What a benchmark's parameter stands for in floating-point operations and bytes: the columns make rates of them.</summary>
public interface IWorkload
{
    /// <summary>Floating-point operations of one call by the plain definition, or 0 where they are not the bound.</summary>
    double Flops => 0;

    /// <summary>Whether `--quick` runs it.</summary>
    bool Quick => true;

    /// <summary>Bytes that one call must read and write, every activation once, or 0 where they are not the bound.</summary>
    /// <param name="benchmark">Name of the benchmark method: some read more than others.</param>
    double Bytes(string benchmark) => 0;
}
