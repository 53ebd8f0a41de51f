using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Tests.Access;

/// <summary>What is written of a caller: the id, never the key.</summary>
public sealed class SecretTests
{
    private const string Picture = """{"prompt":"x","width":512,"height":512,"steps":5}""";

    [Fact]
    public async Task Keys_are_in_no_log_line_and_in_no_span()
    {
        await using var collector = await TraceCollector.StartAsync();
        using var lines = new AllLogs();
        var settings = TestKeys.Settings("alice", ("MaxSteps", "50"));
        collector.AddTo(settings);
        await using (var mesh = await FakeMesh.StartAsync(settings: settings, services: lines.AddTo))
        {
            using var drawn = await mesh.Gateway.SendAsync("alice", HttpMethod.Post, "/v1/infer", Picture);
            using var unknown = await mesh.Gateway.SendAsync("mallory", HttpMethod.Post, "/v1/infer", Picture);
            Assert.Equal([HttpStatusCode.OK, HttpStatusCode.Unauthorized], new[] { drawn.StatusCode, unknown.StatusCode });
            using var channel = GrpcChannel.ForAddress(mesh.Gateway.GrpcAddress);
            await new ImageGeneration.ImageGenerationClient(channel).GetModelsAsync(
                new GetModelsRequest(), new Metadata { { "authorization", $"Bearer {TestKeys.Of("alice")}" } }, DateTime.UtcNow.AddSeconds(60), TestContext.Current.CancellationToken);
            await collector.UntilAsync("/v1/infer", "qwenmesh.v1.ImageGeneration");
        }
        var spans = collector.Text;
        Assert.Contains(lines.Lines, line => line.Contains("Owner alice", StringComparison.Ordinal));
        Assert.Contains(lines.Lines, line => line.Contains("Not let in: '', unknown", StringComparison.Ordinal));
        foreach (var text in lines.Lines.Append(spans))
        {
            Assert.DoesNotContain("key-of-", text, StringComparison.Ordinal);
            Assert.DoesNotContain(TestKeys.Hash(TestKeys.Of("alice")), text, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task Refused_requests_are_counted_by_reason()
    {
        await using var gateway = await AccessProbe.StartAsync(TestKeys.Settings("alice", ("InquiriesPerMinute", "1")));
        using var listener = new MeterListener();
        var reasons = new ConcurrentQueue<string>();
        var factory = gateway.Services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, own) =>
        {
            if (instrument.Name == "qwenmesh.gateway.access.refused" && instrument.Meter.Scope == factory)
            {
                own.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => reasons.Enqueue($"{tags[0].Key}={tags[0].Value} {value}"));
        listener.Start();
        foreach (var id in new[] { null, "mallory", "alice", "alice" })
        {
            using var response = await gateway.SendAsync(id, HttpMethod.Get, AccessProbe.Ask);
        }
        Assert.Equal(["reason=missing 1", "reason=unknown 1", "reason=inquiries 1"], reasons);
    }
}
