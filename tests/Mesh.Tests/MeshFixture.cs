using System.Net.Http.Json;
using System.Text.Json;

// Every test here starts processes that use all processors.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace QwenMesh.Mesh.Tests;

[CollectionDefinition(Name)]
public sealed class MeshCollection : ICollectionFixture<MeshFixture>
{
    public const string Name = "mesh";
}

/// <summary>The four real processes on the shipped checkpoint, started once for all tests that share them.</summary>
public sealed class MeshFixture : IAsyncLifetime
{
    private readonly List<ServiceProcess> _processes = [];

    internal ServiceProcess Gateway { get; private set; } = null!;

    /// <summary>Encoder, Denoiser, Vae.</summary>
    internal IReadOnlyList<ServiceProcess> Stages => _processes[..3];

    internal HttpClient Http { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        foreach (var name in new[] { "Encoder", "Denoiser", "Vae" })
        {
            _processes.Add(ServiceProcess.StartStage(name, Repository.NanoModel));
        }
        Gateway = ServiceProcess.StartGateway([_processes[0]], [_processes[1]], [_processes[2]]);
        _processes.Add(Gateway);
        await Gateway.ReadyAsync("/v1/health/ready", TestContext.Current.CancellationToken);
        Http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{Gateway.HttpPort}"), Timeout = TimeSpan.FromMinutes(5) };
    }

    /// <summary>One picture through NIM's /v1/infer, as the bytes of its file.</summary>
    internal Task<byte[]> InferAsync(object request) => InferAsync(Http, request);

    internal static async Task<byte[]> InferAsync(HttpClient http, object request)
    {
        using var response = await http.PostAsJsonAsync("/v1/infer", request, TestContext.Current.CancellationToken);
        var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode}: {body}");
        using var json = JsonDocument.Parse(body);
        return json.RootElement.GetProperty("artifacts")[0].GetProperty("base64").GetBytesFromBase64();
    }

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }
    }
}
