using System.Buffers;

namespace Grpc.Core;

/// <summary>
/// Gives one received message to a deserializer. Valid only during the call of the deserializer.
/// A member that a subclass does not override throws <see cref="NotImplementedException"/>, as in the official package.
/// </summary>
public abstract class DeserializationContext
{
    /// <summary>Length of the message in bytes.</summary>
    public abstract int PayloadLength { get; }

    /// <summary>The message in an array of its own.</summary>
    public virtual byte[] PayloadAsNewBuffer() => throw new NotImplementedException();

    /// <summary>The message where it lies in the receive buffers, without a copy.</summary>
    public virtual ReadOnlySequence<byte> PayloadAsReadOnlySequence() => throw new NotImplementedException();
}
