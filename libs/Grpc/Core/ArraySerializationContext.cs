using System.Buffers;

namespace Grpc.Core;

/// <summary>Collects a message in an array, for callers that want one.</summary>
internal sealed class ArraySerializationContext : SerializationContext
{
    private ArrayBufferWriter<byte>? _writer;
    private int _length;
    private byte[]? _payload;

    public byte[] Payload => _payload ?? throw new InvalidOperationException("The serializer did not complete the message.");

    public override void SetPayloadLength(int payloadLength) => _length = payloadLength;

    public override IBufferWriter<byte> GetBufferWriter() => _writer ??= new ArrayBufferWriter<byte>(Math.Max(_length, 256));

    public override void Complete(byte[] payload) => _payload = payload;

    public override void Complete() => _payload = _writer?.WrittenSpan.ToArray() ?? [];
}
