using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>What every route that draws has in common.</summary>
internal sealed class OpenAiDrawing(ModelDirectory models, OpenAiModels names, DialectPictures pictures, JobCalls calls, OpenAiStream stream, ILogger<OpenAiDrawing> logger)
{
    /// <summary>Refuses at once what cannot be drawn whatever it is.</summary>
    /// <exception cref="GenerationException">The queue is full, or no model is ready.</exception>
    public void Admit(DialectCall call)
    {
        models.DemandAny();
        call.RefuseWhenFull();
    }

    /// <summary>The request for the model that it names, with its pictures read. The body must not be disposed of yet.</summary>
    /// <exception cref="DialectException">There is no such model, or it does not do it.</exception>
    public async Task<OpenAiOrder> OrderAsync(DialectCall call, OpenAiRequest parsed, BodyFields fields)
    {
        var model = models.ChooseFor(parsed.Model, parsed.Task) ?? throw names.Unknown(parsed.Model!);
        var request = OpenAiTranslation.Translate(parsed, fields, model);
        return new OpenAiOrder(parsed, parsed.Pictures is { } sent ? await OpenAiEdit.WithPicturesAsync(request, sent, pictures, call) : request, model);
    }

    /// <summary>Draws, and sets the headers of the answer.</summary>
    public async Task<FinishedJob> DrawAsync(DialectCall call, IDialect dialect, OpenAiOrder order)
    {
        var done = await calls.RunAsync(call.Submission(dialect, order.Request, order.Model), order.Model, progress: null, call.Aborted);
        RequestLog.Generated(logger, dialect.Name, order.Model, order.Request, done.Result);
        ResponseHeaders.Set(call.Context.Response, done.Result.Timings, order.Parsed.Ignored, done.Result.PromptTruncated, done.Result.NegativePromptTruncated);
        return done;
    }

    /// <summary>Draws, and answers with events.</summary>
    public async Task StreamAsync(DialectCall call, IDialect dialect, OpenAiOrder order)
    {
        if (await stream.WriteAsync(call, order.Parsed, call.Submission(dialect, order.Request, order.Model), order.Model) is { } result)
        {
            RequestLog.Generated(logger, dialect.Name, order.Model, order.Request, result);
        }
    }
}

/// <param name="Parsed">As it was sent.</param>
/// <param name="Request">Translated, with its pictures.</param>
/// <param name="Model">That draws it.</param>
internal sealed record OpenAiOrder(OpenAiRequest Parsed, GenerationRequest Request, ServedModel Model);
