using System.Collections.Concurrent;
using System.Diagnostics;
using Grpc.Core;

namespace QwenMesh.Grpc.Tests.Server;

public sealed class ServerTelemetryTests
{
    [Theory]
    [InlineData("", StatusCode.OK)]
    [InlineData("throw", StatusCode.Unknown)]
    [InlineData("status", StatusCode.AlreadyExists)]
    public async Task The_requests_span_names_method_and_status(string text, StatusCode expected)
    {
        var finished = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = finished.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var server = await ProbeServer.StartAsync();
        var trace = ActivityTraceId.CreateRandom();

        await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage { Text = text }, ("traceparent", $"00-{trace}-0123456789abcdef-01"));

        // The span ends after the answer has gone out.
        var patience = Patience.Token;
        Activity? span = null;
        while ((span = finished.FirstOrDefault(activity => activity.TraceId == trace)) is null)
        {
            await Task.Delay(10, patience);
        }

        Assert.Equal(RawCalls.Echo, span.GetTagItem("grpc.method"));
        Assert.Equal($"{(int)expected}", span.GetTagItem("grpc.status_code"));
    }
}
