using QwenMesh.Gateway.Jobs;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.FrontDoor;

/// <summary>Which jobs a List asks for, and its answer.</summary>
internal static class ListTranslation
{
    private const int MaxPage = 200;
    private const int DefaultPage = 50;

    /// <exception cref="Grpc.Core.RpcException">INVALID_ARGUMENT, with the field.</exception>
    public static JobQuery ToQuery(ListJobsRequest request, string owner)
    {
        if (request.PageSize is < 0 or > MaxPage)
        {
            throw GenerationStatus.Invalid("page_size", $"is {request.PageSize}; 1 to {MaxPage}, or 0 for {DefaultPage}, are allowed");
        }
        if (request.PageToken.Length > 0 && !Guid.TryParseExact(request.PageToken, "D", out _))
        {
            throw GenerationStatus.Invalid("page_token", "is not one that this service has given");
        }
        return new JobQuery
        {
            Owner = owner,
            Dialect = ImageGenerationService.Dialect,
            States = [.. request.States.Select(JobMessages.State)],
            Model = request.Model.Length > 0 ? request.Model : null,
            AfterId = request.PageToken.Length > 0 ? request.PageToken : null,
            // One more, to know whether there is another page.
            Take = (request.PageSize == 0 ? DefaultPage : request.PageSize) + 1,
        };
    }

    public static ListJobsResponse ToResponse(JobPage page, JobQuery query)
    {
        var jobs = page.Jobs.Take(query.Take - 1).ToArray();
        return new ListJobsResponse { Jobs = { jobs.Select(JobMessages.Of) }, NextPageToken = page.Jobs.Count > jobs.Length ? jobs[^1].Id : "" };
    }
}
