using Grpc.Core;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.FrontDoor;

/// <summary>ImageGeneration: the canonical request and its events over gRPC.</summary>
internal sealed class ImageGenerationService(IImageGenerator generator, ModelDirectory models, GatewayInstrumentation instrumentation, TimeProvider time)
    : ImageGeneration.ImageGenerationBase
{
    public override async Task Generate(GenerateRequest request, IServerStreamWriter<GenerateEvent> responseStream, ServerCallContext context)
    {
        var canonical = GenerateTranslation.ToCanonical(request, context.Deadline);
        KeyCheck.ThrowIfForbidden(canonical, models, context, instrumentation);
        var events = new EventStream(models, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        var generating = GenerateAsync(canonical, events, stop.Token);
        try
        {
            await foreach (var message in events.ReadAllAsync(context.CancellationToken))
            {
                await responseStream.WriteAsync(message, context.CancellationToken);
            }
        }
        finally
        {
            // Reached early only when the caller has gone; its running step ends.
            await stop.CancelAsync();
            await ((Task)generating).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        try
        {
            await responseStream.WriteAsync(events.Done(await generating), context.CancellationToken);
        }
        catch (GenerationException exception)
        {
            throw GenerationStatus.Of(exception.Fault);
        }
    }

    public override Task<GetModelsResponse> GetModels(GetModelsRequest request, ServerCallContext context)
    {
        var response = new GetModelsResponse();
        response.Models.AddRange(models.All.Select(model => ModelDescriptions.Describe(model, models)));
        return Task.FromResult(response);
    }

    private async Task<GenerationResult> GenerateAsync(GenerationRequest request, EventStream events, CancellationToken cancellationToken)
    {
        try
        {
            return await generator.GenerateAsync(request, events, cancellationToken);
        }
        finally
        {
            events.Complete();
        }
    }
}
