using Google.Protobuf;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace QwenMesh.Grpc.Tests.Server;

public sealed class ServerHealthTests
{
    private const string Check = "/grpc.health.v1.Health/Check";
    private const string Watch = "/grpc.health.v1.Health/Watch";

    [Fact]
    public async Task Check_runs_the_checks_that_are_mapped_to_the_service()
    {
        var ready = HealthStatus.Unhealthy;
        await using var server = await StartAsync(() => ready);

        Assert.Equal(ServingStatus.NotServing, await CheckAsync(server, ""));
        Assert.Equal(ServingStatus.NotServing, await CheckAsync(server, "probe"));
        Assert.Equal(ServingStatus.Serving, await CheckAsync(server, "other"));
        ready = HealthStatus.Degraded;
        Assert.Equal(ServingStatus.Serving, await CheckAsync(server, ""));
        Assert.Equal(ServingStatus.Serving, await CheckAsync(server, "probe"));
    }

    [Fact]
    public async Task Check_of_an_unknown_service_is_not_found()
    {
        await using var server = await StartAsync(() => HealthStatus.Healthy);

        (await server.Calls.CallAsync(Check, new HealthCheckRequest { Service = "nobody" })).ShouldFail(StatusCode.NotFound);
    }

    [Fact]
    public async Task Watch_tells_the_status_now_each_change_and_the_end_of_the_server()
    {
        await using var server = await StartAsync(() => HealthStatus.Healthy);
        var health = server.Services.GetRequiredService<HealthServiceImpl>();
        var request = RawCalls.Request(Watch, new ByteArrayContent(Frames.Message(new HealthCheckRequest { Service = "probe" })));
        using var response = await server.Calls.StartAsync(request, Patience.Token);
        await using var body = await response.Content.ReadAsStreamAsync(Patience.Token);

        Assert.Equal(ServingStatus.Serving, await NextAsync(body));
        health.SetStatus("probe", ServingStatus.Serving);
        health.SetStatus("probe", ServingStatus.NotServing);
        Assert.Equal(ServingStatus.NotServing, await NextAsync(body));
        health.ClearStatus("probe");
        Assert.Equal(ServingStatus.ServiceUnknown, await NextAsync(body));
        health.SetStatus("probe", ServingStatus.Serving);
        Assert.Equal(ServingStatus.Serving, await NextAsync(body));

        var stopping = server.StopAsync();
        Assert.Equal(ServingStatus.NotServing, await NextAsync(body));
        Assert.Equal(0, await body.ReadAsync(new byte[1], Patience.Token));
        Assert.Equal("0", response.TrailingHeaders.GetValues("grpc-status").Single());
        await stopping;
    }

    [Fact]
    public async Task Watch_of_an_unknown_service_waits_for_it()
    {
        await using var server = await StartAsync(() => HealthStatus.Healthy);
        var request = RawCalls.Request(Watch, new ByteArrayContent(Frames.Message(new HealthCheckRequest { Service = "later" })));
        using var response = await server.Calls.StartAsync(request, Patience.Token);
        await using var body = await response.Content.ReadAsStreamAsync(Patience.Token);

        Assert.Equal(ServingStatus.ServiceUnknown, await NextAsync(body));
        server.Services.GetRequiredService<HealthServiceImpl>().SetStatus("later", ServingStatus.Serving);
        Assert.Equal(ServingStatus.Serving, await NextAsync(body));
    }

    private static Task<ProbeServer> StartAsync(Func<HealthStatus> ready) => ProbeServer.StartAsync(
        services: services => services
            .AddGrpcHealthChecks(options =>
            {
                options.Services.Map("probe", check => check.Tags.Contains("ready"));
                options.Services.Map("other", check => check.Name == "other");
            })
            .AddCheck("ready", () => new HealthCheckResult(ready()), ["ready"])
            .AddCheck("other", () => HealthCheckResult.Healthy()),
        map: app => app.MapGrpcHealthChecksService());

    private static async Task<ServingStatus> CheckAsync(ProbeServer server, string service)
    {
        var reply = await server.Calls.CallAsync(Check, new HealthCheckRequest { Service = service });
        Assert.Equal(StatusCode.OK, reply.Status);
        return HealthCheckResponse.Parser.ParseFrom(Assert.Single(reply.Messages).Payload).Status;
    }

    private static async Task<ServingStatus> NextAsync(Stream body)
    {
        var header = new byte[5];
        await body.ReadExactlyAsync(header, Patience.Token);
        var payload = new byte[header[4]];
        await body.ReadExactlyAsync(payload, Patience.Token);
        return HealthCheckResponse.Parser.ParseFrom(payload).Status;
    }
}
