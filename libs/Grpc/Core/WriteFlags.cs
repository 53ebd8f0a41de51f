namespace Grpc.Core;

/// <summary>How a message is written.</summary>
[Flags]
public enum WriteFlags
{
    /// <summary>The message may wait in a buffer until the next one or the end of the stream.</summary>
    BufferHint = 0x1,

    /// <summary>The message is not compressed even when the call has an encoding.</summary>
    NoCompress = 0x2,
}
