using System.Net;
using System.Net.Sockets;
using System.Text;
using Grpc.Core;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Protocol;

namespace QwenMesh.Gateway.Tests.Nim;

public sealed class NimErrorTests
{
    private const string Request = """{"prompt":"x","width":512,"height":512}""";

    [Fact]
    public async Task A_stages_fault_becomes_the_matching_status()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:MaxAttempts"] = "1" });
        (RpcException Fault, HttpStatusCode Status, string Body)[] table =
        [
            (StageFaults.InvalidRequest("denoiser", "too many steps"), HttpStatusCode.UnprocessableEntity,
                """{"detail":[{"type":"value_error","loc":["body"],"msg":"Value error, denoiser: too many steps","input":null,"ctx":{"error":"denoiser: too many steps"}}]}"""),
            (StageFaults.Overloaded("denoiser", "64 calls waiting"), HttpStatusCode.TooManyRequests, """{"detail":"denoiser: 64 calls waiting"}"""),
            (StageFaults.NotReady("denoiser", "loading"), HttpStatusCode.ServiceUnavailable, """{"detail":"denoiser: loading"}"""),
            (StageFaults.Internal("denoiser", "NaN in step 3"), HttpStatusCode.InternalServerError, """{"detail":"denoiser: NaN in step 3"}"""),
            (new RpcException(new Status(StatusCode.DeadlineExceeded, "")), HttpStatusCode.GatewayTimeout, """{"detail":"denoiser: did not finish before the deadline"}"""),
            (new RpcException(new Status(StatusCode.Unknown, "secret of the stage")), HttpStatusCode.InternalServerError, """{"detail":"denoiser: failed"}"""),
        ];
        foreach (var (fault, status, body) in table)
        {
            mesh.Denoiser.Service.Calls.FailNext(fault);
            using var response = await mesh.Gateway.PostAsync("/v1/infer", Request);
            Assert.Equal(body, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            Assert.Equal(status, response.StatusCode);
            var retry = status is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable ? "5" : null;
            Assert.Equal(retry, response.Headers.RetryAfter?.ToString());
        }
    }

    [Theory]
    [InlineData("encoder")]
    [InlineData("vae")]
    public async Task The_stage_at_fault_is_named(string stage)
    {
        await using var mesh = await FakeMesh.StartAsync();
        (stage == "encoder" ? mesh.Encoder.Service.Calls : mesh.Vae.Service.Calls).FailNext(StageFaults.Internal(stage, "broken"));
        using var response = await mesh.Gateway.PostAsync("/v1/infer", Request);
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal($$"""{"detail":"{{stage}}: broken"}""", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_picture_of_the_wrong_size_is_not_passed_on()
    {
        await using var mesh = await FakeMesh.StartAsync();
        mesh.Vae.Service.WrongSize = true;
        using var response = await mesh.Gateway.PostAsync("/v1/infer", Request);
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Contains("expected Uint8 [512, 512, 3]", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_over_the_limit_is_refused()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:MaxRequestBodyBytes"] = "4096" });
        foreach (var chunked in new[] { false, true })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/infer")
            {
                Content = new StringContent($$"""{"prompt":"x","image":"{{new string('A', 5000)}}"}"""),
            };
            request.Headers.TransferEncodingChunked = chunked;
            using var response = await mesh.Gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
            Assert.Equal(
                """{"detail":"the request body is larger than 4096 bytes"}""",
                await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task A_client_that_sends_a_body_over_the_limit_to_its_end_reads_the_refusal()
    {
        // Far more than the buffers of the connection hold.
        const int Limit = 8 << 20;
        const int Length = 20 << 20;
        var token = TestContext.Current.CancellationToken;
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:MaxRequestBodyBytes"] = $"{Limit}" });
        using var client = new TcpClient();
        await client.ConnectAsync(mesh.Gateway.Http.BaseAddress!.Host, mesh.Gateway.Http.BaseAddress.Port, token);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /v1/infer HTTP/1.1\r\nHost: x\r\nContent-Length: {Length}\r\nConnection: close\r\n\r\n"), token);
        await stream.WriteAsync(new byte[Length], token).AsTask().WaitAsync(TimeSpan.FromSeconds(60), token);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var answer = await reader.ReadToEndAsync(token).WaitAsync(TimeSpan.FromSeconds(60), token);
        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
        Assert.Contains($"the request body is larger than {Limit} bytes", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_asks_before_it_sends_too_much_is_refused_at_once()
    {
        var token = TestContext.Current.CancellationToken;
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:MaxRequestBodyBytes"] = "4096" });
        using var client = new TcpClient();
        await client.ConnectAsync(mesh.Gateway.Http.BaseAddress!.Host, mesh.Gateway.Http.BaseAddress.Port, token);
        await client.GetStream().WriteAsync("POST /v1/infer HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5000\r\n\r\n"u8.ToArray(), token);
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
        Assert.StartsWith("HTTP/1.1 413 ", await reader.ReadLineAsync(token).AsTask().WaitAsync(TimeSpan.FromSeconds(60), token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Strict_refuses_unknown_fields_and_keeps_documented_ones()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:Strict"] = "true" });
        using var refused = await mesh.Gateway.PostAsync("/v1/infer", """{"prompt":"x","sampler":"K_EULER"}""");
        Assert.Equal(
            """{"detail":[{"type":"extra_forbidden","loc":["body","sampler"],"msg":"Extra inputs are not permitted","input":"K_EULER"}]}""",
            await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);

        using var accepted = await mesh.Gateway.PostAsync("/v1/infer", """{"prompt":"x","disable_safety_checker":true,"width":512,"height":512}""");
        await Artifact.ReadAsync(accepted);
    }

    [Fact]
    public async Task An_alias_maps_the_path_of_the_vendors_template()
    {
        var alias = new Dictionary<string, string?> { ["Gateway:ModelAliases:0"] = "black-forest-labs/flux.1-dev=qwen/qwen-image" };
        await using var mesh = await FakeMesh.StartAsync(settings: alias);
        using var response = await mesh.Gateway.PostAsync("/v1/genai/black-forest-labs/flux.1-dev", Request);
        await Artifact.ReadAsync(response);
    }

    [Fact]
    public async Task A_size_beyond_what_the_stages_hold_is_refused_with_the_reason()
    {
        await using var mesh = await FakeMesh.StartAsync(models: (_, denoiser, _) => denoiser.Model.Denoiser.MaxImageTokens = 100);
        using var response = await mesh.Gateway.PostAsync("/v1/infer", """{"prompt":"x"}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains(
            "the size has 256 tokens of the picture; this model takes at most 100",
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_generations_than_allowed_get_429_and_Retry_After()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?>
        {
            ["Gateway:MaxConcurrentGenerations"] = "1",
            ["Jobs:MaxQueuedPictures"] = "0",
        });
        var hold = new TaskCompletionSource();
        mesh.Denoiser.Service.Calls.Hold = hold.Task;
        var first = mesh.Gateway.PostAsync("/v1/infer", Request);
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        using var second = await mesh.Gateway.PostAsync("/v1/infer", Request);
        Assert.Equal(HttpStatusCode.TooManyRequests, second.StatusCode);
        Assert.NotNull(second.Headers.RetryAfter);

        hold.SetResult();
        using var response = await first;
        await Artifact.ReadAsync(response);
        using var third = await mesh.Gateway.PostAsync("/v1/infer", Request);
        await Artifact.ReadAsync(third);
    }
}
