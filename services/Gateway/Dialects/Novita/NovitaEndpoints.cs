using QwenMesh.Gateway.Dialects.Bodies;
using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.OpenApi;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Gateway.Webhooks;

namespace QwenMesh.Gateway.Dialects.Novita;

/// <summary>Novita's asynchronous API: /v3/async/qwen-image-txt2img, /v3/async/qwen-image-edit, and /v3/async/task-result for what comes of them.</summary>
internal sealed class NovitaEndpoints(ModelDirectory models, JobQueue queue, NovitaResult results, WebhookAddresses addresses) : IDialect
{
    public const string Key = "novita";

    private const string TaskId = "task_id";

    public string Name => Key;

    public IReadOnlyList<string> Prefixes => ["/v3/async"];

    public IReadOnlyList<DialectSample> Samples =>
    [
        new DialectSample("Novita: a picture as JPEG, asked for until it is there", "/v3/async/qwen-image-txt2img",
            """{"prompt":"a big red circle on a blue background","size":"1024*1024"}""",
            """
            {
              id=$(sed 's/.*"task_id":"\([^"]*\)".*/\1/')
              until curl -sS "{gateway}/v3/async/task-result?task_id=$id" | grep -E 'TASK_STATUS_(SUCCEED|FAILED)'; do sleep 1; done
            } | sed 's/.*"image_url":"\([^"]*\)".*/\1/' | xargs curl -sS -o picture.jpg
            """),
    ];

    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapCall(this, HttpMethods.Post, "/v3/async/qwen-image-txt2img", call => SubmitAsync(call, GenerationTask.TextToImage)).Describe(NovitaSchemas.Draw);
        endpoints.MapCall(this, HttpMethods.Post, "/v3/async/qwen-image-edit", call => SubmitAsync(call, GenerationTask.Edit)).Describe(NovitaSchemas.Edit);
        endpoints.MapCall(this, HttpMethods.Get, "/v3/async/task-result", FindAsync).Describe(NovitaSchemas.Result);
    }

    public Task WriteErrorAsync(HttpContext context, DialectError error) => NovitaErrors.WriteAsync(context, error);

    private async Task SubmitAsync(DialectCall call, GenerationTask task)
    {
        // Before the body is read: a mesh that is not ready needs none.
        var served = Choose(task);
        call.RefuseWhenFull();
        var (parsed, request) = await ReadAsync(call, task, served);
        var submission = call.Submission(this, request, served) with
        {
            Extra = new NovitaTask(parsed.Extra.Test).Text(),
            Webhook = parsed.Extra.Webhook is { } address ? new WebhookTarget(address) : null,
        };
        var job = await queue.SubmitAsync(submission, served, call.Aborted);
        ResponseHeaders.SetIgnored(call.Context.Response, parsed.Ignored);
        await JsonAnswer.WriteAsync(call.Context, StatusCodes.Status200OK, json => json.WriteString(TaskId, job.Id));
    }

    // The body is given back before the drawing begins: nothing of it is needed then.
    private async Task<(NovitaRequest Parsed, GenerationRequest Request)> ReadAsync(DialectCall call, GenerationTask task, ServedModel served)
    {
        using var body = await call.ReadBodyAsync(BodyForm.Json);
        var fields = body.Fields();
        var parsed = NovitaRequest.Parse(fields, task, addresses.Check, call.Strict);
        var request = NovitaTranslation.Translate(parsed, task, fields, served);
        return (parsed, request with { References = await call.ReadPicturesAsync(parsed.Pictures) });
    }

    private async Task FindAsync(DialectCall call)
    {
        var id = call.Context.Request.Query[TaskId].ToString();
        if (id.Length == 0)
        {
            throw new DialectException(DialectError.Of([FieldFault.Missing(FieldPath.Body.At(TaskId), null)]));
        }
        var job = await call.FindJobAsync(id);
        if (job.Dialect != Name)
        {
            throw new DialectException(DialectErrorKind.NotFound, $"there is no job '{job.Id}'");
        }
        await JsonAnswer.WriteAsync(call.Context, StatusCodes.Status200OK, await results.OfAsync(job, call.BaseAddress, call.Aborted));
    }

    private ServedModel Choose(GenerationTask task) =>
        models.Find(task == GenerationTask.Edit ? "qwen-image-edit" : "qwen-image") ?? models.ChooseFor(null, task)!;
}
