using Grpc.Core;
using QwenMesh.Gateway.Access;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.FrontDoor;

/// <summary>Jobs that outlive their calls.</summary>
internal sealed partial class ImageGenerationService
{
    private const int MaxIdempotencyKey = 255;
    private const int MaxPage = 200;
    private const int DefaultPage = 50;

    public override async Task<GenerationJob> Submit(SubmitRequest request, ServerCallContext context)
    {
        var drawn = request.Request ?? throw GenerationStatus.Invalid("request", "is required");
        if (request.IdempotencyKey.Length > MaxIdempotencyKey)
        {
            throw GenerationStatus.Invalid("idempotency_key", $"has more than {MaxIdempotencyKey} characters");
        }
        var canonical = GenerateTranslation.ToCanonical(drawn, Deadline(request));
        KeyCheck.ThrowIfForbidden(canonical, models, context, instrumentation);
        try
        {
            var submission = new JobSubmission
            {
                Request = canonical,
                Dialect = Dialect,
                Owner = Owner(context),
                IdempotencyKey = request.IdempotencyKey.Length > 0 ? request.IdempotencyKey : null,
            };
            return JobMessages.Of(await queue.SubmitAsync(submission, generator.Check(canonical), context.CancellationToken));
        }
        catch (GenerationException exception)
        {
            throw GenerationStatus.Of(exception.Fault);
        }
    }

    public override async Task<GenerationJob> Get(GetJobRequest request, ServerCallContext context) => JobMessages.Of(await FindAsync(request.Id, context));

    public override async Task Watch(WatchRequest request, IServerStreamWriter<GenerationJobEvent> responseStream, ServerCallContext context)
    {
        if (request.After < 0)
        {
            throw GenerationStatus.Invalid("after", $"is {request.After}; it cannot be negative");
        }
        var job = await FindAsync(request.Id, context);
        await foreach (var happened in watcher.WatchAsync(job.Id, request.After, context.CancellationToken))
        {
            await foreach (var message in JobMessages.OfAsync(happened, job, files, context.CancellationToken))
            {
                await responseStream.WriteAsync(message, context.CancellationToken);
            }
        }
    }

    public override async Task<GenerationJob> Cancel(CancelRequest request, ServerCallContext context) =>
        JobMessages.Of(await queue.CancelAsync(request.Id, Owner(context), context.CancellationToken) ?? throw NotFound());

    public override async Task<ListJobsResponse> List(ListJobsRequest request, ServerCallContext context)
    {
        if (request.PageSize is < 0 or > MaxPage)
        {
            throw GenerationStatus.Invalid("page_size", $"is {request.PageSize}; 1 to {MaxPage}, or 0 for {DefaultPage}, are allowed");
        }
        if (request.PageToken.Length > 0 && !Guid.TryParseExact(request.PageToken, "D", out _))
        {
            throw GenerationStatus.Invalid("page_token", "is not one that this service has given");
        }
        var most = request.PageSize == 0 ? DefaultPage : request.PageSize;
        var page = await queue.ListAsync(
            new JobQuery
            {
                Owner = Owner(context),
                Dialect = Dialect,
                States = [.. request.States.Select(JobMessages.State)],
                Model = request.Model.Length > 0 ? request.Model : null,
                AfterId = request.PageToken.Length > 0 ? request.PageToken : null,
                Take = most + 1,
            },
            context.CancellationToken);
        var jobs = page.Jobs.Take(most).ToArray();
        return new ListJobsResponse { Jobs = { jobs.Select(JobMessages.Of) }, NextPageToken = page.Jobs.Count > most ? jobs[^1].Id : "" };
    }

    private async Task<Job> FindAsync(string id, ServerCallContext context) =>
        await queue.FindAsync(id, Owner(context), context.CancellationToken) ?? throw NotFound();

    private static string Owner(ServerCallContext context) => context.GetHttpContext().Owner();

    private static RpcException NotFound() => StageFaults.Of(GenerationStatus.Self, StatusCode.NotFound, "there is no job of this id");

    private static DateTime Deadline(SubmitRequest request)
    {
        try
        {
            return request.Deadline?.ToDateTime() ?? DateTime.MaxValue;
        }
        catch (InvalidOperationException)
        {
            throw GenerationStatus.Invalid("deadline", "is not a time");
        }
    }
}
