using System.Net;
using System.Net.Sockets;
using System.Text;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Gateway.Tests.Files;
using QwenMesh.Gateway.Tests.OpenAi;
using QwenMesh.Protocol;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Access;

/// <summary>What clients send and what they are given is in no log line at any level, and in no span.</summary>
public sealed class ContentSecrecyTests
{
    private const string Prompt = "marker-of-the-prompt";
    private const string Negative = "marker-of-the-negative-prompt";
    private const string Hook = "marker-of-the-receiver";

    private static readonly string Picture = Convert.ToBase64String(EditFiles.Png(77, 256, 256));

    private static readonly (string, string) Key = ("Authorization", $"Bearer {TestKeys.Of("alice")}");

    [Fact]
    public async Task Prompts_pictures_keys_and_addresses_are_not_told()
    {
        await using var collector = await TraceCollector.StartAsync();
        using var logs = new AllLogs();
        var settings = TestKeys.Settings("alice");
        collector.AddTo(settings);
        (settings["Guardrails:Deny:0"], settings["Webhooks:PrivateNetworks:0"], settings["Jobs:RetrySeconds"]) = ("marker refused", "127.0.0.0/8", "0");
        string drawn, address;
        await using (var mesh = await FakeMesh.StartAsync(settings: settings, services: logs.AddTo))
        {
            drawn = await AtOnceAsync(mesh);
            await RefusedAsync(mesh);
            address = await QueuedAsync(mesh);
            await collector.UntilAsync("/v1/infer", "/v1/models/{owner}/{name}/predictions", "/files/{**path}", "qwenmesh.job");
        }
        var spans = collector.Text;
        Assert.Contains(logs.Lines, line => line.Contains("A prompt is refused by deny:0", StringComparison.Ordinal));
        Assert.Contains(logs.Lines, line => line.Contains("Generated for nim", StringComparison.Ordinal));
        // The middle of a base64 text, which is of this picture alone.
        string[] secrets = [Prompt, Negative, "marker refused", Hook, TestKeys.Of("alice"), TestKeys.Hash(TestKeys.Of("alice")), Picture[100..140], drawn[100..140]];
        foreach (var text in logs.Lines.Append(spans))
        {
            Assert.All(secrets, secret => Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase));
        }
        // Of its own the server tells the paths of requests, when it is configured to.
        foreach (var text in logs.Lines.Where(line => line.StartsWith("QwenMesh", StringComparison.Ordinal)).Append(spans))
        {
            Assert.DoesNotContain(Signature(address), text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_store_of_files_that_fails_is_logged_without_the_address()
    {
        using var logs = new AllLogs();
        await using var gateway = await FilesGateway.StartAsync(services: logs.AddTo);
        await gateway.KeepAsync("jobs/x/result/0", [1]);
        // A folder cannot be read.
        var path = await gateway.Urls.ForAsync("", "jobs/x/result", "image/png", null, TestContext.Current.CancellationToken);
        using var response = await gateway.GetAsync(path);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        var id = Assert.Single(response.Headers.GetValues("x-request-id"));
        await Eventually.TrueAsync(() => logs.Lines.Any(line => line.Contains($"The store of files failed in request {id}", StringComparison.Ordinal)), "the fault is logged");
        Assert.DoesNotContain(logs.Lines, line => line.StartsWith("QwenMesh", StringComparison.Ordinal) && line.Contains(Signature(path), StringComparison.Ordinal));
    }

    // The base64 of what was drawn.
    private static async Task<string> AtOnceAsync(FakeMesh mesh)
    {
        var answer = await mesh.Gateway.CallAsync(HttpMethod.Post, "/v1/infer",
            $$"""{"prompt":"{{Prompt}}","image":"data:image/png;base64,{{Picture}}","steps":5}""", Key);
        Assert.True(answer.Status == 200, answer.Text);
        return answer.TextAt("artifacts.0.base64")!;
    }

    private static async Task RefusedAsync(FakeMesh mesh)
    {
        (string Body, int Status)[] table =
        [
            ("""{"prompt":"marker refused","steps":5}""", 200), // NIM's word for it is in the body.
            ($$"""{"prompt":"{{Prompt}}","steps":"{{Prompt}}"}""", 422),
            ($$"""{"prompt":"{{Prompt}}","image":"{{Prompt}}"}""", 422),
            ($$"""{"prompt":"{{Prompt}}""", 422),
        ];
        foreach (var (body, status) in table)
        {
            var answer = await mesh.Gateway.CallAsync(HttpMethod.Post, "/v1/infer", body, Key);
            Assert.True(answer.Status == status, answer.Text);
        }
        mesh.Vae.Service.Calls.FailNext(StageFaults.Internal("vae", "broken"));
        Assert.Equal(500, (await mesh.Gateway.CallAsync(HttpMethod.Post, "/v1/infer", $$"""{"prompt":"{{Prompt}}","steps":5}""", Key)).Status);
        Assert.Equal(401, (await mesh.Gateway.CallAsync(HttpMethod.Get, "/v1/models", null, ("x-api-key", TestKeys.Of("alice") + "x"))).Status);
    }

    // Where the picture is fetched, once it has been and its receiver has been told.
    private static async Task<string> QueuedAsync(FakeMesh mesh)
    {
        using var receiver = new TcpListener(IPAddress.Loopback, 0);
        receiver.Start();
        var told = ToldAsync(receiver);
        mesh.Vae.Service.Calls.FailNext(StageFaults.Internal("vae", "broken")); // It is begun twice.
        var answer = await mesh.Gateway.CallAsync(HttpMethod.Post, "/v1/models/qwen/qwen-image/predictions",
            $$"""{"input":{"prompt":"{{Prompt}}","negative_prompt":"{{Negative}}"},"webhook":"http://{{receiver.LocalEndpoint}}/{{Hook}}?token={{Hook}}"}""", Key, ("Prefer", "wait=60"));
        Assert.True(answer.Status == 201, answer.Text);
        Assert.Equal("succeeded", answer.TextAt("status"));
        var output = answer.At("output");
        var address = (output.ValueKind == System.Text.Json.JsonValueKind.Array ? output[0] : output).GetString()!;
        // A client without spans of its own, which would tell the address.
        using var client = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null });
        Assert.NotEmpty(await client.GetByteArrayAsync(new Uri(address), TestContext.Current.CancellationToken));
        Assert.Contains($"POST /{Hook}?token={Hook} ", await told.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        return address;
    }

    // The request that a receiver gets, which it refuses. No server of this process: its spans would be exported with the Gateway's.
    private static async Task<string> ToldAsync(TcpListener receiver)
    {
        using var client = await receiver.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        var (read, bytes) = (0, new byte[64 << 10]);
        while (!bytes.AsSpan(0, read).Contains((byte)'}')) // Of the body.
        {
            read += await client.GetStream().ReadAsync(bytes.AsMemory(read), TestContext.Current.CancellationToken);
        }
        await client.GetStream().WriteAsync("HTTP/1.1 500 Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(bytes, 0, read);
    }

    // What makes the address good for reading.
    private static string Signature(string address) => address[(address.LastIndexOf('.') - 24)..address.LastIndexOf('.')];
}
