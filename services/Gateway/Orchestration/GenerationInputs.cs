using QwenMesh.Gateway.Artifacts;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Planning;
using QwenMesh.Gateway.Stages;
using QwenMesh.Imaging;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Gateway.Orchestration;

/// <summary>Prompts and pictures to what the Denoiser takes, all calls at once. The first failure ends them all.</summary>
internal sealed class GenerationInputs(
    EncoderClient encoder, VaeClient vae, ArtifactStore store, StageRetries retries, GatewayInstrumentation instrumentation)
{
    /// <summary>The caller disposes what it gets.</summary>
    public async Task<Conditioning> EncodeAsync(GenerationRun run, CancellationToken cancellationToken)
    {
        using var all = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pictures = new List<Artifact>();
        var conditioning = new Conditioning();
        try
        {
            for (var i = 0; i < run.Plan.Inputs.Count; i++)
            {
                var picture = run.Plan.Inputs[i];
                pictures.Add(store.Put(
                    $"{run.Key}/picture/{i}", new OutgoingTensor("image", DataType.Uint8, [picture.Height, picture.Width, RgbImage.Channels], picture.Pixels)));
            }
            if (run.Plan.LatentMask is { } mask)
            {
                conditioning.Add(store.Put($"{run.Key}/mask", new OutgoingTensor("mask", DataType.Uint8, [mask.Height, mask.Width], mask.Pixels)), "mask");
            }
            run.Report(new StageProgress("encode", 0, Ended: false));
            Task[] calls =
            [
                EncodeAsync(run, pictures, conditioning, all),
                .. run.Plan.VaeEncodes.Select(encoding => EncodeAsync(run, encoding, pictures[encoding.Input], conditioning, all)),
            ];
            await Task.WhenAll(calls).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // The failure, not the cancellations that follow from it.
            await (Array.Find(calls, call => call.IsFaulted) ?? Task.WhenAll(calls));
            run.Report(new StageProgress("encode", 0, Ended: true));
            return conditioning;
        }
        catch
        {
            conditioning.Dispose();
            throw;
        }
        finally
        {
            pictures.ForEach(picture => picture.Dispose());
        }
    }

    private async Task EncodeAsync(GenerationRun run, List<Artifact> pictures, Conditioning conditioning, CancellationTokenSource all)
    {
        var plan = run.Plan.Encode;
        var call = run.CallTo(run.Plan.Model.Pools.Encoder, plan.Parameters.Prompts.Count * (1 + plan.Inputs.Count));
        try
        {
            var encoded = await retries.RunAsync(call, () => instrumentation.TimeAsync("encode", async span =>
            {
                var answer = await encoder.EncodeAsync(
                    plan.Parameters, [.. plan.Inputs.Select((input, i) => new OutgoingArtifact(pictures[input], "image", i))], run.Key, call, all.Token);
                var seconds = span.Done();
                run.Time(timings => (timings.Encode, timings.EncodeCompute) = (timings.Encode + seconds, timings.EncodeCompute + answer.ComputeSeconds));
                return answer;
            }), all.Token);
            run.Encoded(encoded.Summary);
            conditioning.Add(encoded.Embeds[0], "prompt_embeds");
            if (plan.IsGuided)
            {
                conditioning.Add(encoded.Embeds[1], "negative_prompt_embeds");
            }
        }
        catch
        {
            await all.CancelAsync();
            throw;
        }
    }

    private async Task EncodeAsync(GenerationRun run, VaeEncodeCall encoding, Artifact picture, Conditioning conditioning, CancellationTokenSource all)
    {
        var call = run.CallTo(run.Plan.Model.Pools.Vae, encoding.Size.Pixels);
        try
        {
            var posterior = await retries.RunAsync(call, () => instrumentation.TimeAsync("vae_encode", async span =>
            {
                span.Tag("qwenmesh.size", encoding.Size.ToString());
                var (answer, compute) = await vae.EncodeAsync(picture, encoding.Size, $"{run.Key}/{encoding.Tensor}/{encoding.Index}", call, all.Token);
                var seconds = span.Done();
                run.Time(timings => (timings.VaeEncode, timings.VaeEncodeCompute) = (timings.VaeEncode + seconds, timings.VaeEncodeCompute + compute));
                return answer;
            }), all.Token);
            conditioning.Add(posterior, encoding.Tensor, encoding.Index);
        }
        catch
        {
            await all.CancelAsync();
            throw;
        }
    }
}
