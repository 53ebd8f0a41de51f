using System.Security.Cryptography;
using QwenMesh.Wire.Tests.Calls;
using QwenMesh.Wire.Tests.Hosting;

namespace QwenMesh.Wire.Tests.Interop;

/// <summary>Every stage, directly and through the Gateway, called by gRPC clients that others wrote.</summary>
public sealed class InteropTests(MeshHost mesh, ForeignClients clients) : IClassFixture<ForeignClients>
{
    private static readonly string[] Clients = [ForeignClient.GrpcJs, ForeignClient.Grpcio];

    private static readonly string[] Cases =
        ["health", "reflection", "model_info", "faults", "damaged_frame", "compressed_request", "unknown_method", "deadline", "cancellation"];

    private static readonly string[] Pictures = ["picture", "picture_through_the_gateway"];

    public static IEnumerable<string> AllCases => [.. Pictures, .. Cases];

    public static MatrixTheoryData<string, string> EveryCase => new(Clients, Cases);

    public static TheoryData<string> EveryClient => [.. Clients];

    [Theory]
    [MemberData(nameof(EveryCase))]
    public async Task A_case_passes(string client, string name)
    {
        var report = await clients.ReportAsync(client, name);
        Assert.True(report.GetProperty("ok").GetBoolean(), report.ToString());
        await mesh.IdleAsync();
    }

    /// <summary>The foreign client puts the tensors together, checks their sums and sends them on; the picture is the one that our own client gets.</summary>
    [Theory]
    [MemberData(nameof(EveryClient))]
    public async Task A_picture_is_the_same_whoever_asks_for_it(string client)
    {
        var picture = await GeneratedClient.PictureAsync(mesh.Encoder.Grpc, mesh.Denoiser.Grpc, mesh.Vae.Grpc);
        Assert.Equal(320 * 320 * 3, picture.Length);
        Assert.Equal(picture, await GeneratedClient.PictureAsync(mesh.Ingress, mesh.Ingress, mesh.Ingress));
        var digest = Convert.ToHexStringLower(SHA256.HashData(picture));
        foreach (var name in Pictures)
        {
            var report = await clients.ReportAsync(client, name);
            Assert.True(report.GetProperty("ok").GetBoolean(), report.ToString());
            Assert.Equal(digest, report.GetProperty("result").GetString());
        }
        await mesh.IdleAsync();
    }
}
