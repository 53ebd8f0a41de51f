using Grpc.Core;
using QwenMesh.Gateway.Access;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.FrontDoor;

/// <summary>Jobs that outlive their calls.</summary>
internal sealed partial class ImageGenerationService
{
    public override async Task<GenerationJob> Submit(SubmitRequest request, ServerCallContext context)
    {
        var submission = submissions.ToSubmission(request, context);
        KeyCheck.ThrowIfForbidden(submission.Request, models, context, instrumentation);
        return JobMessages.Of(await queue.SubmitAsync(submission, generator.Check(submission.Request), context.CancellationToken));
    }

    public override async Task<GenerationJob> Get(GetJobRequest request, ServerCallContext context) => JobMessages.Of(await FindAsync(request.Id, context));

    public override async Task Watch(WatchRequest request, IServerStreamWriter<GenerationJobEvent> responseStream, ServerCallContext context)
    {
        if (request.After < 0)
        {
            throw GenerationStatus.Invalid("after", $"is {request.After}; it cannot be negative");
        }
        var job = await FindAsync(request.Id, context);
        var isEnded = false;
        await foreach (var happened in watcher.WatchAsync(job.Id, request.After, context.CancellationToken))
        {
            isEnded = happened.Data is JobEnded;
            await foreach (var message in JobMessages.OfAsync(happened, job, files, context.CancellationToken))
            {
                await responseStream.WriteAsync(message, context.CancellationToken);
            }
        }
        if (!isEnded)
        {
            // Its last event was told before, or the job has been forgotten meanwhile.
            await FindAsync(job.Id, context);
        }
    }

    public override async Task<GenerationJob> Cancel(CancelRequest request, ServerCallContext context) =>
        JobMessages.Of(await queue.CancelAsync(request.Id, Owner(context), context.CancellationToken) ?? throw NotFound());

    public override async Task<ListJobsResponse> List(ListJobsRequest request, ServerCallContext context)
    {
        var query = ListTranslation.ToQuery(request, Owner(context));
        return ListTranslation.ToResponse(await queue.ListAsync(query, context.CancellationToken), query);
    }

    public override async Task<GetWebhookSecretResponse> GetWebhookSecret(GetWebhookSecretRequest request, ServerCallContext context) =>
        new() { Secret = await secret.TextAsync(Owner(context), context.CancellationToken) };

    private async Task<Job> FindAsync(string id, ServerCallContext context) =>
        await queue.FindAsync(id, Owner(context), context.CancellationToken) ?? throw NotFound();

    private static string Owner(ServerCallContext context) => context.GetHttpContext().Owner();

    private static RpcException NotFound() => StageFaults.NotFound(GenerationStatus.Self, "there is no job of this id");
}
