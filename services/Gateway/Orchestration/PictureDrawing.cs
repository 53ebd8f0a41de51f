using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Artifacts;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Imaging;
using QwenMesh.Gateway.Planning;
using QwenMesh.Gateway.Stages;
using QwenMesh.TensorWire;

namespace QwenMesh.Gateway.Orchestration;

/// <summary>From conditioning to files: every picture of a generation, all at once. The first failure ends them all.</summary>
internal sealed class PictureDrawing(
    DenoiserClient denoiser, VaeClient vae, ArtifactStore artifacts, PictureWriter writer, StageRetries retries, GatewayInstrumentation instrumentation,
    IOptions<GatewayOptions> options, ILogger<PreviewDrawing> logger)
{
    public async Task<IReadOnlyList<GeneratedPicture>> DrawAsync(
        GenerationRun run, IReadOnlyList<OutgoingArtifact> conditioning, CancellationToken cancellationToken)
    {
        using var all = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var drawn = run.Plan.Pictures.Select(picture => DrawAsync(run, picture, conditioning, all)).ToArray();
        await ((Task)Task.WhenAll(drawn)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // The failure, not the cancellations that follow from it.
        if (drawn.FirstOrDefault(one => one.IsFaulted) is { } failed)
        {
            await failed;
        }
        return await Task.WhenAll(drawn);
    }

    private async Task<GeneratedPicture> DrawAsync(
        GenerationRun run, PictureCalls picture, IReadOnlyList<OutgoingArtifact> conditioning, CancellationTokenSource all)
    {
        try
        {
            using var latents = await DenoiseAsync(run, picture, conditioning, all.Token);
            using var pixels = await DecodeAsync(run, picture.Number, latents, all.Token);
            var file = await WriteAsync(run, picture.Number, pixels, all.Token);
            var drawn = new GeneratedPicture(picture.Number, file, picture.Seed, run.Plan.Request.Size!.Value);
            run.Report(new PictureDrawn(drawn));
            return drawn;
        }
        catch
        {
            await all.CancelAsync();
            throw;
        }
    }

    private async Task<Artifact> DenoiseAsync(
        GenerationRun run, PictureCalls picture, IReadOnlyList<OutgoingArtifact> conditioning, CancellationToken cancellationToken)
    {
        await using var previews = new PreviewDrawing(run, picture.Number, DecodeToFileAsync, logger, cancellationToken);
        using var checkpoint = new PictureCheckpoint(run, picture, artifacts, options.Value.CheckpointSteps);
        if (await checkpoint.RestoreAsync(cancellationToken) is { } finished)
        {
            return finished;
        }
        var call = run.CallTo(run.Plan.Model.Pools.Denoiser);
        var events = new DenoiseEvents(run, picture.Number, previews, checkpoint, call);
        return await retries.RunAsync(call, () => instrumentation.TimeAsync("denoise", async span =>
        {
            span.Tag("qwenmesh.steps", run.Plan.Request.Steps);
            span.Tag("qwenmesh.size", run.Plan.Generated.ToString());
            span.Tag("qwenmesh.start_step", checkpoint.Step);
            run.Report(new StageProgress("denoise", picture.Number, Ended: false));
            var (latents, compute) = await DenoiseAsync($"{run.Key}/{picture.Number}", conditioning, checkpoint, events, call, cancellationToken);
            var seconds = span.Done();
            run.Time(timings => (timings.Denoise, timings.DenoiseCompute) = (timings.Denoise + seconds, timings.DenoiseCompute + compute));
            run.Report(new StageProgress("denoise", picture.Number, Ended: true));
            await checkpoint.EndAsync(latents);
            return latents;
        }), cancellationToken);
    }

    private async Task<(Artifact Latents, double ComputeSeconds)> DenoiseAsync(
        string key, IReadOnlyList<OutgoingArtifact> conditioning, PictureCheckpoint checkpoint, DenoiseEvents events, StageCallContext call,
        CancellationToken cancellationToken)
    {
        var (parameters, tensors) = checkpoint.Rest(conditioning);
        try
        {
            return await denoiser.DenoiseAsync(parameters, tensors, key, events, call, cancellationToken);
        }
        catch (StageCallException exception) when (exception.LacksFeature && checkpoint.Step > 0)
        {
            // An older replica, during an upgrade: the steps are run again.
            checkpoint.Forget();
            return await denoiser.DenoiseAsync(checkpoint.Rest(conditioning).Parameters, conditioning, key, events, call, cancellationToken);
        }
    }

    private Task<WireTensor> DecodeAsync(GenerationRun run, int number, Artifact latents, CancellationToken cancellationToken)
    {
        var call = run.CallTo(run.Plan.Model.Pools.Vae, run.Plan.Generated.Pixels);
        return retries.RunAsync(call, () => instrumentation.TimeAsync("decode", async span =>
        {
            run.Report(new StageProgress("decode", number, Ended: false));
            var (image, compute) = await vae.DecodeAsync(latents, run.Plan.Generated, call, cancellationToken);
            var seconds = span.Done();
            run.Time(timings => (timings.Decode, timings.DecodeCompute) = (timings.Decode + seconds, timings.DecodeCompute + compute));
            run.Report(new StageProgress("decode", number, Ended: true));
            return image;
        }), cancellationToken);
    }

    private Task<byte[]> WriteAsync(GenerationRun run, int number, WireTensor pixels, CancellationToken cancellationToken) =>
        instrumentation.TimeAsync("image", async span =>
        {
            run.Report(new StageProgress("image", number, Ended: false));
            var file = await writer.WriteAsync(pixels.Bytes, run.Plan, cancellationToken);
            var seconds = span.Done();
            run.Time(timings => timings.Image += seconds);
            run.Report(new StageProgress("image", number, Ended: true));
            return file;
        });

    // A preview is tried once: the next one is better anyway.
    private async Task<byte[]> DecodeToFileAsync(GenerationRun run, Artifact latents, CancellationToken cancellationToken)
    {
        var (image, _) = await vae.DecodeAsync(latents, run.Plan.Generated, run.CallTo(run.Plan.Model.Pools.Vae, run.Plan.Generated.Pixels), cancellationToken);
        using (image)
        {
            return await writer.WriteAsync(image.Bytes, run.Plan, cancellationToken);
        }
    }
}
