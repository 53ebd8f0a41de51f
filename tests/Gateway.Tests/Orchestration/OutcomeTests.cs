using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Protocol;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Orchestration;

public sealed class OutcomeTests
{
    private static readonly GenerationRequest Request = new() { Prompt = "p", Seed = 9, Size = new ImageSize(512, 512) };

    [Fact]
    public async Task The_metric_tells_how_a_generation_ended()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:RetrySeconds"] = "0" });
        var factory = mesh.Gateway.Services.GetRequiredService<IMeterFactory>();
        var outcomes = new ConcurrentQueue<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            // Those of this Gateway; others run in the process.
            if (instrument.Name == "qwenmesh.gateway.generation.duration" && ReferenceEquals(instrument.Meter.Scope, factory))
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) => outcomes.Enqueue((string)tags[0].Value!));
        listener.Start();
        var vae = mesh.Vae.Service.Calls;

        await mesh.DrawAsync(Request);
        foreach (var fault in new[] { StageFaults.InvalidRequest("vae", "x"), StageFaults.Overloaded("vae", "x"), StageFaults.NotReady("vae", "x"), StageFaults.Internal("vae", "x") })
        {
            vae.FailNext(fault);
            await Assert.ThrowsAsync<GenerationException>(() => mesh.DrawAsync(Request));
        }
        // Refused when it is submitted, and no generation.
        await Assert.ThrowsAsync<GenerationException>(() => mesh.DrawAsync(Request with { Task = GenerationTask.Edit }));
        vae.Hold = new TaskCompletionSource().Task;
        using var client = new CancellationTokenSource();
        var drawing = mesh.DrawAsync(Request, cancellationToken: client.Token);
        await Eventually.TrueAsync(() => vae.Held == 1, "its picture is being decoded");
        await client.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => drawing);

        // Its running step ends by itself.
        await Eventually.TrueAsync(() => outcomes.Count == 6, "the cancelled one has ended");
        Assert.Equal(["succeeded", "invalid", "refused", "refused", "failed", "cancelled"], outcomes);
    }
}
