namespace QwenMesh.Tensors;

/// <summary>A linear layer's matrix [out, in] and optional bias [out], in the form the engine wants.</summary>
public abstract class LinearWeight(int outFeatures, int inFeatures) : IDisposable
{
    public int OutFeatures { get; } = outFeatures;

    public int InFeatures { get; } = inFeatures;

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }
}

/// <summary>A 2-D convolution's kernel [out, in, kH, kW] and bias [out], in the form the engine wants.</summary>
public abstract class ConvWeight(int outChannels, int inChannels, int kernelHeight, int kernelWidth) : IDisposable
{
    public int OutChannels { get; } = outChannels;

    public int InChannels { get; } = inChannels;

    public int KernelHeight { get; } = kernelHeight;

    public int KernelWidth { get; } = kernelWidth;

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }
}

/// <summary>A table of embeddings [vocabulary, columns], in the form the engine wants.</summary>
public abstract class EmbeddingTable(int vocabulary, int columns) : IDisposable
{
    public int Vocabulary { get; } = vocabulary;

    public int Columns { get; } = columns;

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }
}
