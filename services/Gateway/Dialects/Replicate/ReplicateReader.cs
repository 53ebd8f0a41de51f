using QwenMesh.Gateway.Dialects.Bodies;
using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Gateway.Webhooks;

namespace QwenMesh.Gateway.Dialects.Replicate;

/// <summary>Reads the body of a new prediction: {"version","input":{...},"webhook","webhook_events_filter"}.</summary>
internal sealed class ReplicateReader(DialectCall call, ModelDirectory models, DialectPictures pictures, WebhookAddresses addresses)
{
    /// <exception cref="DialectException">It is at fault.</exception>
    public async Task<(JobSubmission Submission, ServedModel Served, IReadOnlyList<string> Ignored)> ReadAsync(
        IDialect dialect, ReplicateChoice? choice, bool hasVersion)
    {
        using var body = await call.ReadBodyAsync(BodyForm.JsonOfAnyType);
        var fields = body.Fields();
        choice ??= hasVersion ? ReplicateChoice.OfVersion(fields, models) : null;
        var (webhook, events) = ReplicateWebhook.Read(fields, addresses);
        // A switch of older clients, for output as it comes; there is one picture, so nothing comes before it.
        fields.Flag("stream");
        if (fields.Raw("input") is null)
        {
            fields.Missing("input");
        }
        var input = fields.Object("input");
        if (choice is null || input is null)
        {
            fields.ThrowIfFaulty(call.Strict);
        }
        return await ReadAsync(dialect, choice!, fields, input!, webhook, events);
    }

    private async Task<(JobSubmission Submission, ServedModel Served, IReadOnlyList<string> Ignored)> ReadAsync(
        IDialect dialect, ReplicateChoice choice, BodyFields fields, BodyFields input, WebhookTarget? webhook, IReadOnlyList<string>? events)
    {
        var sent = input.Pictures(pictures.Most, "image");
        var model = choice.Fields(sent.Count > 0, input.Sent("strength") is not null);
        CheckCount(input, model, sent.Count);
        var task = sent.Count == 0 ? GenerationTask.TextToImage : model.Edits ? GenerationTask.Edit : GenerationTask.ImageToImage;
        var served = choice.Draws(models, model, task);
        var parsed = ReplicateRequest.Read(input, model, sent, task, served.Profile.Steps);
        input.ThrowIfFaulty(call.Strict);
        fields.ThrowIfFaulty(call.Strict);
        var request = ReplicateTranslation.Translate(parsed, fields, served) with { References = await call.ReadPicturesAsync(sent) };
        var extra = new ReplicateExtra(choice.Shown ?? model.FullName, choice.Version, ReplicateExtra.Keep(input), events);
        var submission = call.Submission(dialect, request, served) with { Extra = extra.Write(), Webhook = webhook };
        return (submission, served, [.. parsed.Ignored, .. input.Unknown, .. fields.Unknown]);
    }

    private static void CheckCount(BodyFields input, ReplicateModel model, int count)
    {
        if (model.Edits && count == 0)
        {
            input.Missing("image");
        }
        else if (!model.TakesList && count > 1)
        {
            input.Refuse("image", $"{model.FullName} takes one picture");
        }
    }
}
