namespace QwenMesh.Grpc.Tests.Interop;

/// <summary>The public gRPC interop cases, a row for each pairing and case.</summary>
public sealed class InteropTests(InteropPeers peers) : IClassFixture<InteropPeers>
{
    [Theory]
    [MemberData(nameof(InteropCases.Rows), MemberType = typeof(InteropCases))]
    public Task Case_passes(string pairing, string name) => peers.RunAsync(pairing, name);
}
