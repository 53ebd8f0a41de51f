using System.Buffers;
using System.IO.Compression;
using Grpc.Core;
using Grpc.Net.Compression;

namespace Grpc.Wire;

/// <summary>
/// Writes messages into a buffer. A serializer that announces its length writes straight behind the five-byte header: large fields are copied once,
/// from the message into the buffer. Compressed messages, and those of unknown length, pass through pooled memory.
/// </summary>
/// <remarks>Not thread-safe; nothing is flushed here.</remarks>
internal sealed class MessageWriter(IBufferWriter<byte> output, int? maxMessageSize) : SerializationContext, IBufferWriter<byte>
{
    private ICompressionProvider? _compressor;
    private CompressionLevel? _level;
    private PooledBuffer? _staging;
    private int? _announced;
    private int _written;
    private bool _direct;
    private bool _complete;

    /// <summary>True when a serializer failed after part of its message had gone out: the stream can only be reset.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>True once anything has gone to the output.</summary>
    public bool HasWritten { get; private set; }

    /// <summary>Serializes one message with its header.</summary>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED past the limit, INTERNAL when the serializer fails.</exception>
    public void Write<T>(
        T message, Action<T, SerializationContext> serializer, ICompressionProvider? compressor = null, CompressionLevel? compressionLevel = null)
    {
        _compressor = compressor;
        _level = compressionLevel;
        _announced = null;
        _written = 0;
        _direct = false;
        _complete = false;
        try
        {
            serializer(message, this);
            if (!_complete)
            {
                throw new InvalidOperationException("The serializer did not complete the message.");
            }
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            throw WireFaults.Serialization(exception);
        }
        finally
        {
            IsBroken |= _direct && (!_complete || _written != _announced);
            _staging?.Dispose();
            _staging = null;
        }
    }

    /// <inheritdoc />
    public override void SetPayloadLength(int payloadLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(payloadLength);
        if (payloadLength > maxMessageSize)
        {
            throw WireFaults.SentTooLarge();
        }

        _announced = payloadLength;
    }

    /// <inheritdoc />
    public override IBufferWriter<byte> GetBufferWriter()
    {
        if (_announced is not { } length || _compressor is not null)
        {
            return _staging ??= new PooledBuffer();
        }

        if (!_direct)
        {
            WriteHeader(false, length);
            _direct = true;
        }

        return this;
    }

    /// <inheritdoc />
    public override void Complete(byte[] payload)
    {
        ArgumentNullException.ThrowIfNull(payload);
        EnsureNotComplete();
        Finish(payload);
    }

    /// <inheritdoc />
    public override void Complete()
    {
        EnsureNotComplete();
        if (!_direct)
        {
            Finish(_staging is null ? default : _staging.Written.Span);
        }
        else if (_written != _announced)
        {
            throw new InvalidOperationException($"The serializer announced {_announced} bytes and wrote {_written}.");
        }
    }

    void IBufferWriter<byte>.Advance(int count)
    {
        _written += count;
        output.Advance(count);
    }

    Memory<byte> IBufferWriter<byte>.GetMemory(int sizeHint) => output.GetMemory(sizeHint);

    Span<byte> IBufferWriter<byte>.GetSpan(int sizeHint) => output.GetSpan(sizeHint);

    private void Finish(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > maxMessageSize)
        {
            throw WireFaults.SentTooLarge();
        }

        if (_compressor is null)
        {
            WriteHeader(false, payload.Length);
            output.Write(payload);
            return;
        }

        using var compressed = new PooledBuffer();
        using (var stream = _compressor.CreateCompressionStream(new BufferWriterStream(compressed), _level))
        {
            stream.Write(payload);
        }

        WriteHeader(true, compressed.Length);
        output.Write(compressed.Written.Span);
    }

    private void WriteHeader(bool compressed, int length)
    {
        MessageFrame.WriteHeader(output.GetSpan(MessageFrame.HeaderSize), compressed, length);
        output.Advance(MessageFrame.HeaderSize);
        HasWritten = true;
    }

    private void EnsureNotComplete()
    {
        if (_complete)
        {
            throw new InvalidOperationException("The message is complete.");
        }

        _complete = true;
    }
}
