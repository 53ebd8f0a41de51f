using System.Runtime.CompilerServices;
using Grpc.Core;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Routing;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Stages;

/// <summary>Conditioning frames to latent frames.</summary>
internal sealed class DenoiserClient(StageCaller caller, IOptions<GatewayOptions> gateway, TimeProvider time)
{
    /// <summary>Relays the conditioning as it arrives, and appends the frames of "latents" to <paramref name="latents"/>.</summary>
    /// <param name="parameters">Size, schedule, guidance and seed.</param>
    /// <param name="positive">"prompt_embeds", as the Encoder sends them.</param>
    /// <param name="negative">The same for the negative prompt; null without guidance.</param>
    /// <param name="latents">Takes the answer.</param>
    /// <param name="context">Deadline and replicas to avoid.</param>
    /// <param name="cancellationToken">Ends the call, and with it the running step.</param>
    public async Task<DenoiseFinished> DenoiseAsync(
        DenoiseParameters parameters, FrameLog positive, FrameLog? negative, FrameLog latents, StageCallContext context, CancellationToken cancellationToken)
    {
        try
        {
            var finished = await caller.CallAsync(StageNames.Denoiser, context, async (invoker, options) =>
            {
                using var call = new DenoiserStage.DenoiserStageClient(invoker).Denoise(options);
                var sending = RequestStream.SendAsync(call.RequestStream, RequestsAsync(parameters, positive, negative, options.CancellationToken), options.CancellationToken);
                var finished = await ReceiveAsync(call.ResponseStream, latents, cancellationToken);
                await sending;
                return finished;
            }, cancellationToken);
            latents.Complete();
            return finished;
        }
        catch (Exception exception)
        {
            latents.Fail(exception);
            throw;
        }
    }

    private static async IAsyncEnumerable<DenoiseRequest> RequestsAsync(
        DenoiseParameters parameters, FrameLog positive, FrameLog? negative,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return new DenoiseRequest { Parameters = parameters };
        await foreach (var frame in positive.ReadAsync(cancellationToken))
        {
            yield return new DenoiseRequest { Frame = frame };
        }
        if (negative is null)
        {
            yield break;
        }
        await foreach (var frame in negative.ReadAsync(cancellationToken))
        {
            yield return new DenoiseRequest { Frame = frame.KindCase == TensorFrame.KindOneofCase.Header ? Negative(frame.Header) : frame };
        }
    }

    // Both prompts come from the Encoder under one name; only the header is touched.
    private static TensorFrame Negative(TensorHeader header)
    {
        var renamed = header.Clone();
        renamed.Name = "negative_" + header.Name;
        return new TensorFrame { Header = renamed };
    }

    private async Task<DenoiseFinished> ReceiveAsync(
        IAsyncStreamReader<DenoiseResponse> responses, FrameLog latents, CancellationToken cancellationToken)
    {
        DenoiseFinished? finished = null;
        using var watch = new StepWatch(TimeSpan.FromSeconds(gateway.Value.StallSeconds), gateway.Value.StallSteps, time, cancellationToken);
        while (await NextAsync(responses, watch))
        {
            var response = responses.Current;
            switch (response.KindCase)
            {
                case DenoiseResponse.KindOneofCase.Started:
                    watch.Started();
                    break;
                case DenoiseResponse.KindOneofCase.Step:
                    watch.Step();
                    break;
                case DenoiseResponse.KindOneofCase.Frame:
                    latents.Append(response.Frame);
                    watch.Progressed();
                    break;
                case DenoiseResponse.KindOneofCase.Finished:
                    finished = response.Finished;
                    break;
                default:
                    throw StageCaller.Broken(StageNames.Denoiser, "a message without content");
            }
        }
        return finished ?? throw StageCaller.Broken(StageNames.Denoiser, "it ended without 'finished'");
    }

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
