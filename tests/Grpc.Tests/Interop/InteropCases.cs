namespace QwenMesh.Grpc.Tests.Interop;

/// <summary>Who calls whom with which cases.</summary>
public static class InteropCases
{
    public const string OursToOurs = "our client -> our server";
    public const string OursToGrpcJs = "our client -> grpc-js server";
    public const string GrpcJsToOurs = "grpc-js client -> our server";
    public const string GrpcioToOurs = "grpcio client -> our server";

    private static readonly string[] All =
    [
        "empty_unary", "large_unary", "client_compressed_unary", "server_compressed_unary", "client_streaming", "client_compressed_streaming",
        "server_streaming", "server_compressed_streaming", "ping_pong", "empty_stream", "custom_metadata", "status_code_and_message",
        "special_status_message", "unimplemented_method", "unimplemented_service", "cancel_after_begin", "cancel_after_first_response",
        "timeout_on_sleeping_server",
    ];

    // A grpc-js server never compresses its responses, and grpcio's client cannot leave single messages of a compressed stream uncompressed.
    private static readonly Dictionary<string, string[]> NotPossible = new()
    {
        [OursToOurs] = [],
        [OursToGrpcJs] = ["server_compressed_unary", "server_compressed_streaming"],
        [GrpcJsToOurs] = [],
        [GrpcioToOurs] = ["client_compressed_streaming"],
    };

    public static IEnumerable<string> Of(string pairing) => All.Except(NotPossible[pairing]);

    public static TheoryData<string, string> Rows()
    {
        var rows = new TheoryData<string, string>();
        foreach (var pairing in NotPossible.Keys)
        {
            foreach (var name in Of(pairing))
            {
                rows.Add(pairing, name);
            }
        }

        return rows;
    }
}
