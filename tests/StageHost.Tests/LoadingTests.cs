using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using QwenMesh.Checkpoints;
using QwenMesh.Protocol.V1;
using QwenMesh.ServiceDefaults;
using QwenMesh.Testing;
using Weights = QwenMesh.Checkpoints.Weights;

namespace QwenMesh.StageHost.Tests;

/// <summary>Weights of tens of gigabytes take minutes from a network volume; a stage that is stopped meanwhile does not wait for them.</summary>
public sealed class LoadingTests
{
    [Fact]
    public async Task A_stage_that_is_stopped_takes_no_further_tensor()
    {
        var path = Path.Combine(GoldenFolder.Repository, "models", "qwen-image-nano");
        var builder = ServiceHost.CreateBuilder([$"--Model:Path={path}", "--Stage:GrpcPort=0", "--Stage:HttpPort=0", "--Stage:Threads=1"]);
        builder.AddStageDefaults("encoder", 0, 0).AddStageModel<SlowModel>();
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        var model = app.Services.GetRequiredService<SlowModel>();
        await app.StartAsync(TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => model.Taken == 1, "a tensor is taken");
        await app.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, model.Taken);
    }

    /// <summary>Takes one tensor, and the next when the host stops.</summary>
    private sealed class SlowModel(StageModelContext context) : StageModel<IDisposable>(context)
    {
        private volatile int _taken;

        public int Taken => _taken;

        protected override string Component => "text_encoder";

        protected override IReadOnlyList<string> AlsoDecides => [];

        protected override IDisposable Load(Checkpoint checkpoint, Func<string, Weights> open, CancellationToken cancellation)
        {
            var weights = open(Component);
            weights.Take("model.norm.weight", 128);
            _taken = 1;
            Assert.True(cancellation.WaitHandle.WaitOne(TimeSpan.FromSeconds(60)), "gave up waiting for the stop");
            weights.Take("model.layers.0.input_layernorm.weight", 128);
            _taken = 2;
            throw new InvalidOperationException("the stage goes on loading");
        }

        protected override void Describe(IDisposable loaded, ModelInfo info) => throw new NotSupportedException();

        protected override void WarmUp(IDisposable loaded, CancellationToken cancellation) => throw new NotSupportedException();
    }
}
