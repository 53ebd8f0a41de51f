using Grpc.Core;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Artifacts;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Stages;

/// <summary>Takes what happens during a denoising.</summary>
internal interface IDenoiseEvents
{
    void StepDone(int step, int total);

    /// <summary>A preview has come; whoever takes it disposes it.</summary>
    void Preview(int step, Artifact latents);

    /// <summary>Latents to go on from have come; whoever takes them disposes them.</summary>
    ValueTask CheckpointAsync(int step, Artifact latents);
}

/// <summary>Conditioning to latents.</summary>
internal sealed class DenoiserClient(StageCaller caller, ArtifactStore store, IOptions<GatewayOptions> gateway, TimeProvider time)
{
    /// <param name="parameters">Size, schedule, guidance and seed.</param>
    /// <param name="tensors">Conditioning, references and so on.</param>
    /// <param name="key">Begins the keys of what comes.</param>
    /// <returns>The latents, and the seconds of computation.</returns>
    public Task<(Artifact Latents, double ComputeSeconds)> DenoiseAsync(
        DenoiseParameters parameters, IReadOnlyList<OutgoingArtifact> tensors, string key, IDenoiseEvents events, StageCallContext context,
        CancellationToken cancellationToken)
    {
        context.Units = Units(parameters);
        return caller.CallAsync(context, (invoker, options) => DuplexCall.RunAsync(
            new DenoiserStage.DenoiserStageClient(invoker).Denoise(options), RequestsAsync(parameters, tensors),
            (responses, cancellation) => ReceiveAsync(responses, key, events, context, cancellation), options.CancellationToken), cancellationToken);
    }

    // Tokens times steps; the reference pictures' are computed in every one, too.
    private static double Units(DenoiseParameters parameters) =>
        (((double)parameters.LatentHeight * parameters.LatentWidth) + parameters.References.Sum(reference => (double)reference.Height * reference.Width))
        * Math.Max(1, parameters.NumInferenceSteps - parameters.StartStep);

    private static async IAsyncEnumerable<DenoiseRequest> RequestsAsync(DenoiseParameters parameters, IReadOnlyList<OutgoingArtifact> tensors)
    {
        yield return new DenoiseRequest { Parameters = parameters };
        await foreach (var frame in OutgoingTensors.ReadAsync(tensors))
        {
            yield return new DenoiseRequest { Frame = frame };
        }
    }

    private async Task<(Artifact Latents, double ComputeSeconds)> ReceiveAsync(
        IAsyncStreamReader<DenoiseResponse> responses, string key, IDenoiseEvents events, StageCallContext context, CancellationToken cancellationToken)
    {
        CallFinished? finished = null;
        using var incoming = new IncomingTensors(store, header => Key(header, key), context.MaxTensorBytes);
        using var watch = new StepWatch(TimeSpan.FromSeconds(gateway.Value.StallSeconds), gateway.Value.StallSteps, time, cancellationToken);
        while (await NextAsync(responses, watch))
        {
            var response = responses.Current;
            switch (response.KindCase)
            {
                case DenoiseResponse.KindOneofCase.Started:
                    context.Started = true;
                    watch.Started();
                    break;
                case DenoiseResponse.KindOneofCase.Step:
                    watch.Step();
                    events.StepDone(response.Step.Step, response.Step.Total);
                    break;
                case DenoiseResponse.KindOneofCase.Frame:
                    watch.Progressed();
                    if (incoming.Accept(response.Frame) is { Header: { Name: "preview" or "checkpoint" } header })
                    {
                        await TellAsync(header, incoming.Keep(header.Name, (int)header.Index), events);
                    }
                    break;
                case DenoiseResponse.KindOneofCase.Finished:
                    finished = response.Finished;
                    context.ComputeSeconds = finished.ComputeSeconds;
                    break;
                case var _ when response.CalculateSize() > 0:
                    break; // A newer stage tells what this Gateway does not know.
                default:
                    throw new InvalidDataException("a message without content");
            }
        }
        return finished is not null
            ? (incoming.Keep("latents"), finished.ComputeSeconds)
            : throw new InvalidDataException("it ended without 'finished'");
    }

    private static ValueTask TellAsync(TensorHeader header, Artifact latents, IDenoiseEvents events)
    {
        if (header.Name == "checkpoint")
        {
            return events.CheckpointAsync((int)header.Index, latents);
        }
        events.Preview((int)header.Index, latents);
        return ValueTask.CompletedTask;
    }

    // An attempt that is repeated sends the previews of its first steps again: a key may be used again once its tensor is gone.
    private static string? Key(TensorHeader header, string key) => header.Name switch
    {
        "latents" => $"{key}/latents",
        "preview" or "checkpoint" => $"{key}/{header.Name}/{header.Index}/{Guid.NewGuid():N}",
        _ => null,
    };

    private static async Task<bool> NextAsync(IAsyncStreamReader<DenoiseResponse> responses, StepWatch watch)
    {
        try
        {
            return await responses.MoveNext(watch.Token);
        }
        catch (Exception exception) when (exception is RpcException or OperationCanceledException && watch.IsStalled)
        {
            throw new StageStalledException(FormattableString.Invariant($"has sent nothing for {watch.Limit.TotalSeconds:0.#} s"));
        }
    }
}
