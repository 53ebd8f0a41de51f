namespace QwenMesh.Mesh.Tests.Faults;

/// <summary>What goes wrong.</summary>
internal enum Fault
{
    /// <summary>The process is gone (SIGKILL).</summary>
    Kill,

    /// <summary>The process stands still (SIGSTOP); its kernel goes on to acknowledge.</summary>
    Stop,

    /// <summary>Everything on its connections is late.</summary>
    Slow,

    /// <summary>The connection ends in the middle of a message.</summary>
    Truncate,

    /// <summary>A message arrives twice.</summary>
    Duplicate,

    /// <summary>A byte of a message is another one.</summary>
    Corrupt,

    /// <summary>Nothing arrives any more, in neither direction, and no connection ends.</summary>
    HalfOpen,
}

/// <summary>When, seen from the work of the place that is hit.</summary>
internal enum Moment
{
    /// <summary>The work is on its way there.</summary>
    Before,

    /// <summary>The work is being done.</summary>
    During,

    /// <summary>The answer is on its way back.</summary>
    After,
}

/// <summary>Where.</summary>
internal enum Place
{
    Encoder,
    VaeEncode,
    Denoiser,
    VaeDecode,
    Postgres,
    BlobStore,
}
