using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Testing;

namespace QwenMesh.Grpc.Tests.Interop;

/// <summary>The grpcio program. It builds its messages from descriptors that are handed to it, so that it needs no generated code.</summary>
internal static class PythonPeer
{
    private const string Hint = "Install the distribution's Python with gRPC (Debian: python3-grpcio, python3-protobuf).";

    public static async Task<IReadOnlyDictionary<string, string?>> RunClientAsync(int port, IEnumerable<string> cases, CancellationToken cancellationToken)
    {
        var descriptors = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(descriptors, Descriptors().ToByteArray(), cancellationToken);
            using var process = PeerProcess.Start("/usr/bin/python3", Hint, "python", ["client.py", $"{port}", descriptors, .. cases]);
            return CaseReport.Parse(await process.ReadToEndAsync(cancellationToken));
        }
        finally
        {
            File.Delete(descriptors);
        }
    }

    private static FileDescriptorSet Descriptors() => new()
    {
        File =
        {
            EmptyReflection.Descriptor.ToProto(),
            MessagesReflection.Descriptor.ToProto(),
            TestReflection.Descriptor.ToProto(),
        },
    };
}
