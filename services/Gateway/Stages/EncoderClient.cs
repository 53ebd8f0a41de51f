using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Routing;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Stages;

/// <summary>A prompt to conditioning frames.</summary>
internal sealed class EncoderClient(StageCaller caller)
{
    /// <summary>Appends the frames of "prompt_embeds" to <paramref name="conditioning"/> as they arrive.</summary>
    public async Task<EncodeSummary> EncodeAsync(string prompt, FrameLog conditioning, StageCallContext context, CancellationToken cancellationToken)
    {
        try
        {
            var summary = await caller.CallAsync(StageNames.Encoder, context, async (invoker, options) =>
            {
                using var call = new EncoderStage.EncoderStageClient(invoker).Encode(options);
                var parameters = new EncodeParameters { Prompt = prompt, Template = PromptTemplate.TextToImage };
                await RequestStream.SendAsync(call.RequestStream, new EncodeRequest { Parameters = parameters }, options.CancellationToken);

                EncodeSummary? summary = null;
                while (await call.ResponseStream.MoveNext(cancellationToken))
                {
                    var response = call.ResponseStream.Current;
                    switch (response.KindCase)
                    {
                        case EncodeResponse.KindOneofCase.Summary:
                            summary = response.Summary;
                            break;
                        case EncodeResponse.KindOneofCase.Frame:
                            conditioning.Append(response.Frame);
                            break;
                        default:
                            throw StageCaller.Broken(StageNames.Encoder, "a message without content");
                    }
                }
                return summary ?? throw StageCaller.Broken(StageNames.Encoder, "no summary");
            }, cancellationToken);
            conditioning.Complete();
            return summary;
        }
        catch (Exception exception)
        {
            conditioning.Fail(exception);
            throw;
        }
    }
}
