using QwenMesh.Gateway.Artifacts;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Stages;

/// <summary>What an Encode call gave.</summary>
/// <param name="Embeds">For each prompt.</param>
internal sealed record Encoded(IReadOnlyList<Artifact> Embeds, EncodeSummary Summary, double ComputeSeconds);

/// <summary>Prompts to conditioning.</summary>
internal sealed class EncoderClient(StageCaller caller, ArtifactStore store)
{
    /// <param name="parameters">Prompts and template.</param>
    /// <param name="tensors">Reference pictures.</param>
    /// <param name="key">Begins the keys of the conditioning.</param>
    public Task<Encoded> EncodeAsync(
        EncodeParameters parameters, IReadOnlyList<OutgoingArtifact> tensors, string key, StageCallContext context, CancellationToken cancellationToken) =>
        caller.CallAsync(context, (invoker, options) => DuplexCall.RunAsync(
            new EncoderStage.EncoderStageClient(invoker).Encode(options), RequestsAsync(parameters, tensors),
            async (responses, cancellation) =>
            {
                using var incoming = new IncomingTensors(
                    store, header => header.Name == "prompt_embeds" ? $"{key}/{header.Name}/{header.Index}" : null, context.MaxTensorBytes);
                (EncodeSummary? summary, CallFinished? finished) = (null, null);
                while (await responses.MoveNext(cancellation))
                {
                    var response = responses.Current;
                    switch (response.KindCase)
                    {
                        case EncodeResponse.KindOneofCase.Started:
                            context.Started = true;
                            break;
                        case EncodeResponse.KindOneofCase.Summary:
                            summary = response.Summary;
                            break;
                        case EncodeResponse.KindOneofCase.Frame:
                            incoming.Accept(response.Frame);
                            break;
                        case EncodeResponse.KindOneofCase.Finished:
                            finished = response.Finished;
                            context.ComputeSeconds = finished.ComputeSeconds;
                            break;
                        case var _ when response.CalculateSize() > 0:
                            break; // A newer stage tells what this Gateway does not know.
                        default:
                            throw new InvalidDataException("a message without content");
                    }
                }
                if (finished is null || summary?.Prompts.Count != parameters.Prompts.Count)
                {
                    throw new InvalidDataException("it ended without 'finished', or without a summary of every prompt");
                }
                return new Encoded(incoming.KeepAll("prompt_embeds", Enumerable.Range(0, parameters.Prompts.Count)), summary, finished.ComputeSeconds);
            },
            options.CancellationToken), cancellationToken);

    private static async IAsyncEnumerable<EncodeRequest> RequestsAsync(EncodeParameters parameters, IReadOnlyList<OutgoingArtifact> tensors)
    {
        yield return new EncodeRequest { Parameters = parameters };
        await foreach (var frame in OutgoingTensors.ReadAsync(tensors))
        {
            yield return new EncodeRequest { Frame = frame };
        }
    }
}
