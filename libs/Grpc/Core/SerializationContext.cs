using System.Buffers;

namespace Grpc.Core;

/// <summary>
/// Takes one message from a serializer: either <see cref="Complete(byte[])"/>, or <see cref="SetPayloadLength"/>,
/// <see cref="GetBufferWriter"/> and <see cref="Complete()"/>. A member that a subclass does not override throws
/// <see cref="NotImplementedException"/>, as in the official package.
/// </summary>
public abstract class SerializationContext
{
    /// <summary>Takes the whole message.</summary>
    public virtual void Complete(byte[] payload) => throw new NotImplementedException();

    /// <summary>The writer that takes the message in pieces.</summary>
    public virtual IBufferWriter<byte> GetBufferWriter() => throw new NotImplementedException();

    /// <summary>Announces how many bytes will be written.</summary>
    public virtual void SetPayloadLength(int payloadLength)
    {
    }

    /// <summary>Ends a message that went through the writer.</summary>
    public virtual void Complete() => throw new NotImplementedException();
}
