using Grpc.Core;
using QwenMesh.Gateway.Access;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Orchestration;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Gateway.Webhooks;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.FrontDoor;

/// <summary>ImageGeneration: the canonical request and its events over gRPC.</summary>
internal sealed partial class ImageGenerationService(
    ImageGenerator generator, JobCalls calls, JobQueue queue, JobWatcher watcher, JobFiles files, SubmitTranslation submissions, WebhookSecret secret,
    ModelDirectory models, GatewayInstrumentation instrumentation, TimeProvider time)
    : ImageGeneration.ImageGenerationBase
{
    /// <summary>Of jobs that come over gRPC.</summary>
    internal const string Dialect = "grpc";

    public override async Task Generate(GenerateRequest request, IServerStreamWriter<GenerateEvent> responseStream, ServerCallContext context)
    {
        var canonical = GenerateTranslation.ToCanonical(request, context.Deadline);
        KeyCheck.ThrowIfForbidden(canonical, models, context, instrumentation);
        var events = new EventStream(models, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        var generating = GenerateAsync(canonical, context.GetHttpContext().Owner(), events, stop.Token);
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
        await responseStream.WriteAsync(events.Done(await generating), context.CancellationToken);
    }

    public override Task<GetModelsResponse> GetModels(GetModelsRequest request, ServerCallContext context)
    {
        var response = new GetModelsResponse();
        response.Models.AddRange(models.All.Select(model => ModelDescriptions.Describe(model, models)));
        return Task.FromResult(response);
    }

    private async Task<GenerationResult> GenerateAsync(GenerationRequest request, string owner, EventStream events, CancellationToken cancellationToken)
    {
        try
        {
            var submission = new JobSubmission { Request = request, Dialect = Dialect, Owner = owner };
            return (await calls.RunAsync(submission, generator.Check(request), events, cancellationToken)).Result;
        }
        finally
        {
            events.Complete();
        }
    }
}
