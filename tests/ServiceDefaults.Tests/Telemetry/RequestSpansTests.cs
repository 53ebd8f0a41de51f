using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using QwenMesh.Protocol.V1;

namespace QwenMesh.ServiceDefaults.Tests.Telemetry;

/// <summary>Alone: the sources of two hosts in one process are one to OpenTelemetry.</summary>
[CollectionDefinition(nameof(RequestSpansTests), DisableParallelization = true)]
[Collection(nameof(RequestSpansTests))]
public sealed class RequestSpansTests
{
    private static readonly ActivitySource Source = new("QwenMesh.RequestSpansTests");

    [Theory]
    [InlineData("/things/7", "GET /things/{id}")]
    [InlineData("/nothing", "GET")]
    [InlineData("/healthy", "GET")]
    public async Task A_request_is_named_by_its_route_or_by_its_method_alone(string path, string name)
    {
        await using var host = await StartAsync();
        await host.Http.GetAsync(path, TestContext.Current.CancellationToken);
        var span = await host.NextSpanAsync();
        Assert.Equal((name, ActivityKind.Server), (span.DisplayName, span.Kind));
        Assert.Equal(path, span.GetTagItem("url.path"));
    }

    [Theory]
    [InlineData("/files/jobs/7/result/0-68f0aabb-2c0Zt4zXqk1rV9s_uH3mQ8bA.png", "/files/...")]
    [InlineData("/FILES/x-68f0aabb-2c0Zt4zXqk1rV9s_uH3mQ8bA.png", "/files/...")]
    [InlineData("/filesystem", "/filesystem")]
    public async Task The_path_of_a_file_which_opens_it_is_not_told(string path, string told)
    {
        await using var host = await StartAsync();
        await host.Http.GetAsync(path, TestContext.Current.CancellationToken);
        var span = await host.NextSpanAsync();
        Assert.Equal(told, span.GetTagItem("url.path"));
        Assert.DoesNotContain(span.TagObjects, tag => tag.Value?.ToString()?.Contains("2c0Zt4z", StringComparison.Ordinal) == true);
    }

    [Theory]
    [InlineData("/health/live")]
    [InlineData("/HEALTH/ready")]
    [InlineData("/v1/health/ready")]
    [InlineData("/metrics")]
    [InlineData("/v1/metrics")]
    [InlineData("/grpc.health.v1.Health/Check")]
    public async Task A_probe_makes_no_span_and_nothing_under_it_does(string probe)
    {
        await using var host = await StartAsync();
        await host.Http.GetAsync(probe, TestContext.Current.CancellationToken);
        await host.Http.GetAsync("/things/7", TestContext.Current.CancellationToken);
        Assert.Equal("GET /things/{id}", (await host.NextSpanAsync()).DisplayName);
    }

    [Theory]
    [InlineData(StatusCode.OK, ActivityStatusCode.Unset)]
    [InlineData(StatusCode.Cancelled, ActivityStatusCode.Unset)]
    [InlineData(StatusCode.InvalidArgument, ActivityStatusCode.Unset)]
    [InlineData(StatusCode.ResourceExhausted, ActivityStatusCode.Unset)]
    [InlineData(StatusCode.Unknown, ActivityStatusCode.Error)]
    [InlineData(StatusCode.DeadlineExceeded, ActivityStatusCode.Error)]
    [InlineData(StatusCode.Unimplemented, ActivityStatusCode.Error)]
    [InlineData(StatusCode.Internal, ActivityStatusCode.Error)]
    [InlineData(StatusCode.Unavailable, ActivityStatusCode.Error)]
    [InlineData(StatusCode.DataLoss, ActivityStatusCode.Error)]
    public async Task A_call_is_named_by_its_method_and_is_an_error_when_the_stage_failed(StatusCode answered, ActivityStatusCode status)
    {
        await using var host = await StartAsync();
        using var channel = GrpcChannel.ForAddress(host.GrpcAddress);
        var call = new StageInfo.StageInfoClient(channel).GetModelInfoAsync(
            new GetModelInfoRequest(), new CallOptions(new Metadata { { "answer", $"{(int)answered}" } }, DateTime.UtcNow.AddSeconds(30)));
        if (answered == StatusCode.OK)
        {
            await call;
        }
        else
        {
            Assert.Equal(answered, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
        }
        var span = await host.NextSpanAsync();
        Assert.Equal(("qwenmesh.v1.StageInfo/GetModelInfo", status), (span.DisplayName, span.Status));
        Assert.Equal($"{(int)answered}", span.GetTagItem("grpc.status_code"));
    }

    private static Task<TelemetryHost> StartAsync() => TelemetryHost.StartAsync(Map, TelemetryHost.Otlp);

    private static void Map(WebApplication app)
    {
        app.MapGet("/things/{id}", (int id) => id);
        app.MapGet("/health/{probe}", (string probe) =>
        {
            using var work = Source.StartActivity("work");
            return probe;
        });
        app.MapGrpcService<Answering>();
    }

    private sealed class Answering : StageInfo.StageInfoBase
    {
        public override Task<ModelInfo> GetModelInfo(GetModelInfoRequest request, ServerCallContext context)
        {
            var answer = (StatusCode)int.Parse(context.RequestHeaders.GetValue("answer")!, System.Globalization.CultureInfo.InvariantCulture);
            return answer == StatusCode.OK ? Task.FromResult(new ModelInfo()) : throw new RpcException(new Status(answer, "as asked"));
        }
    }
}
