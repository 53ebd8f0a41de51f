using Grpc.Core;

namespace Grpc.Wire;

/// <summary>The statuses of messages that break the protocol or a limit, the same on both sides.</summary>
internal static class WireFaults
{
    public static RpcException ReceivedTooLarge() =>
        new(new Status(StatusCode.ResourceExhausted, "Received message exceeds the maximum configured message size."));

    public static RpcException SentTooLarge() =>
        new(new Status(StatusCode.ResourceExhausted, "Sending message exceeds the maximum configured message size."));

    public static RpcException Incomplete() => Internal("Incomplete message.");

    public static RpcException AdditionalData() => Internal("Additional data after the message received.");

    public static RpcException BadFlag(byte flag) => Internal($"Unexpected compressed flag value {flag} in message header.");

    public static RpcException CompressedWithoutEncoding(string? encoding) => Internal(
        encoding is null
            ? "Compressed message received without a grpc-encoding header."
            : $"Compressed message received with grpc-encoding '{encoding}'.");

    public static RpcException Decompression(Exception exception) => Internal("Failed to decompress message.", exception);

    public static RpcException Deserialization(Exception exception) => Internal("Failed to deserialize message.", exception);

    public static RpcException Serialization(Exception exception) => Internal("Failed to serialize message.", exception);

    private static RpcException Internal(string detail, Exception? exception = null) => new(new Status(StatusCode.Internal, detail, exception));
}
