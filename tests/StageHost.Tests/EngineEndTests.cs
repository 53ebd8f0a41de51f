using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Checkpoints;
using QwenMesh.Protocol.V1;
using QwenMesh.ServiceDefaults;
using QwenMesh.Tensors;
using QwenMesh.Testing;
using Weights = QwenMesh.Checkpoints.Weights;

namespace QwenMesh.StageHost.Tests;

/// <summary>An engine ends after the last computation; one that a thread still computes with is left to the end of the process.</summary>
public sealed class EngineEndTests
{
    [Fact]
    public async Task It_ends_with_the_service()
    {
        var app = Build();
        var engine = app.Services.GetRequiredService<TensorBackend>();
        app.Services.GetRequiredService<IStageModel>();
        await app.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => engine.Empty([1]));
    }

    [Fact]
    public async Task It_is_left_to_a_computation_that_hangs()
    {
        var app = Build();
        var engine = app.Services.GetRequiredService<TensorBackend>();
        app.Services.GetRequiredService<IStageModel>();
        var gate = app.Services.GetRequiredService<StageGate>();
        using var use = gate.Use();
        gate.Hangs();
        await app.DisposeAsync();
        engine.Empty([1]).Dispose();
    }

    private static WebApplication Build()
    {
        var model = Path.Combine(GoldenFolder.Repository, "models", "qwen-image-nano");
        var builder = ServiceHost.CreateBuilder([$"--Model:Path={model}", "--Stage:Threads=1"]);
        builder.AddStageDefaults("vae", 0, 0).AddStageModel<NoModel>();
        return builder.Build();
    }

    private sealed class NoModel(StageModelContext context) : StageModel<IDisposable>(context)
    {
        protected override string Component => "vae";

        protected override IReadOnlyList<string> AlsoDecides => [];

        protected override IDisposable Load(Checkpoint checkpoint, Func<string, Weights> open, CancellationToken cancellation) => throw new NotSupportedException();

        protected override void Describe(IDisposable loaded, ModelInfo info) => throw new NotSupportedException();

        protected override void WarmUp(IDisposable loaded, CancellationToken cancellation) => throw new NotSupportedException();
    }
}
