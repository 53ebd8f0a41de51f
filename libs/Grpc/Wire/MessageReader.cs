using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Grpc.Core;
using Grpc.Net.Compression;

namespace Grpc.Wire;

/// <summary>
/// Reads messages from a pipe, one at a time, and hands them to the deserializer where they lie. A claimed length is checked against the limit
/// before anything waits for it, and buffers only grow with bytes that have arrived.
/// </summary>
internal sealed class MessageReader : DeserializationContext
{
    private readonly PipeReader _input;
    private readonly int _maxMessageSize;
    private readonly string? _encoding;
    private readonly ICompressionProvider? _decompressor;
    private ReadOnlySequence<byte> _payload;

    /// <param name="input">Where messages come from.</param>
    /// <param name="maxMessageSize">Limit of a message, compressed and decompressed; null for none.</param>
    /// <param name="encoding">The sender's <c>grpc-encoding</c>, or null.</param>
    /// <param name="decompressor">What undoes it; null for identity or none.</param>
    public MessageReader(PipeReader input, int? maxMessageSize, string? encoding = null, ICompressionProvider? decompressor = null)
    {
        _input = input;
        _maxMessageSize = Math.Min(maxMessageSize ?? int.MaxValue, Array.MaxLength);
        _encoding = encoding;
        _decompressor = decompressor;
    }

    /// <inheritdoc />
    public override int PayloadLength => (int)_payload.Length;

    /// <inheritdoc />
    public override byte[] PayloadAsNewBuffer() => _payload.ToArray();

    /// <inheritdoc />
    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => _payload;

    /// <summary>The next message, or null at the end of the stream.</summary>
    /// <exception cref="RpcException">The message breaks the protocol or the limit, or does not parse.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<T?> ReadAsync<T>(Func<DeserializationContext, T> deserializer, CancellationToken cancellationToken)
        where T : class
    {
        while (true)
        {
            var result = await _input.ReadAsync(cancellationToken).ConfigureAwait(false);
            var buffer = result.Buffer;

            // Whatever happens, the pipe must learn how far the buffer was used.
            var consumed = buffer.Start;
            var examined = buffer.End;
            try
            {
                if (result.IsCanceled)
                {
                    throw new OperationCanceledException("The read was cancelled.");
                }

                if (TryReadPayload(buffer, out var compressed, out var payload))
                {
                    consumed = examined = payload.End;
                    return compressed ? DeserializeCompressed(payload, deserializer) : Deserialize(payload, deserializer);
                }

                if (result.IsCompleted)
                {
                    consumed = buffer.End;
                    return buffer.IsEmpty ? null : throw WireFaults.Incomplete();
                }
            }
            finally
            {
                _input.AdvanceTo(consumed, examined);
            }
        }
    }

    /// <summary>Waits for the end of a stream that may hold nothing more.</summary>
    /// <exception cref="RpcException">More data came.</exception>
    public async ValueTask EnsureEndAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await _input.ReadAsync(cancellationToken).ConfigureAwait(false);
            var isEmpty = result.Buffer.IsEmpty;
            _input.AdvanceTo(result.Buffer.End);
            if (!isEmpty)
            {
                throw WireFaults.AdditionalData();
            }

            if (result.IsCanceled)
            {
                throw new OperationCanceledException("The read was cancelled.");
            }

            if (result.IsCompleted)
            {
                return;
            }
        }
    }

    private bool TryReadPayload(in ReadOnlySequence<byte> buffer, out bool compressed, out ReadOnlySequence<byte> payload)
    {
        payload = default;
        compressed = false;
        if (!MessageFrame.TryReadHeader(buffer, out var flag, out var length))
        {
            return false;
        }

        if (flag > 1)
        {
            throw WireFaults.BadFlag(flag);
        }

        if (length > _maxMessageSize)
        {
            throw WireFaults.ReceivedTooLarge();
        }

        compressed = flag == 1;
        if (compressed && _decompressor is null)
        {
            throw WireFaults.CompressedWithoutEncoding(_encoding);
        }

        if (buffer.Length < MessageFrame.HeaderSize + length)
        {
            return false;
        }

        payload = buffer.Slice(MessageFrame.HeaderSize, length);
        return true;
    }

    private T DeserializeCompressed<T>(in ReadOnlySequence<byte> payload, Func<DeserializationContext, T> deserializer)
    {
        using var plain = MessageDecompressor.Decompress(_decompressor!, payload, _maxMessageSize);
        return Deserialize(new ReadOnlySequence<byte>(plain.Written), deserializer);
    }

    private T Deserialize<T>(in ReadOnlySequence<byte> payload, Func<DeserializationContext, T> deserializer)
    {
        _payload = payload;
        try
        {
            return deserializer(this) ?? throw new InvalidOperationException("The deserializer returned null.");
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            throw WireFaults.Deserialization(exception);
        }
        finally
        {
            _payload = default;
        }
    }
}
