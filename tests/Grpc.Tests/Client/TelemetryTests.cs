using System.Collections.Concurrent;
using System.Diagnostics;
using Grpc.Core;
using Grpc.Testing;

namespace QwenMesh.Grpc.Tests.Client;

public sealed class TelemetryTests
{
    [Fact]
    public async Task Call_has_an_activity_that_the_server_continues()
    {
        var stopped = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Grpc.Net.Client",
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = stopped.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        string? traceparent = null;
        await using var server = await ScriptedServer.StartAsync(context =>
        {
            traceparent = context.Request.Headers.TraceParent;
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = "9";
            return Task.CompletedTask;
        });
        using var root = new Activity("root").Start();

        await CallAssert.FailsAsync(StatusCode.FailedPrecondition, server.Client.EmptyCallAsync(new Empty()).ResponseAsync);

        Assert.Same(root, Activity.Current);
        await WaitForAsync(() => stopped.Any(activity => activity.TraceId == root.TraceId));
        var call = stopped.Single(activity => activity.TraceId == root.TraceId);
        Assert.Equal("Grpc.Net.Client.GrpcOut", call.OperationName);
        Assert.Equal(ActivityKind.Client, call.Kind);
        Assert.Equal(root.SpanId, call.ParentSpanId);
        Assert.Equal("/grpc.testing.TestService/EmptyCall", call.GetTagItem("grpc.method"));
        Assert.Equal("9", call.GetTagItem("grpc.status_code"));
        Assert.Contains(root.TraceId.ToHexString(), traceparent, StringComparison.Ordinal);
        Assert.DoesNotContain(root.SpanId.ToHexString(), traceparent!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trace_goes_on_without_a_listener()
    {
        string? traceparent = null;
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            traceparent = context.Request.Headers.TraceParent;
            ScriptedServer.Begin(context);
            await context.Response.Body.WriteAsync(ScriptedServer.Frame(new StreamingOutputCallResponse()));
            ScriptedServer.End(context, "0");
        });
        using var root = new Activity("root").Start();

        using var call = server.Client.StreamingOutputCall(new StreamingOutputCallRequest());
        Assert.True(await call.ResponseStream.MoveNext());

        Assert.Contains(root.TraceId.ToHexString(), traceparent, StringComparison.Ordinal);
    }

    private static async Task WaitForAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(CallAssert.Patience);
        while (!condition())
        {
            await Task.Delay(10, patience.Token);
        }
    }
}
