using System.Text;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Generation;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Guardrails;

/// <summary>The deny list first, which costs microseconds; then the moderation service, one question for the prompt and one for each picture.</summary>
internal sealed partial class ContentGuardrails(
    DenyList deny, ModerationClient moderation, Refusals refusals, IOptions<GuardrailOptions> options, ILogger<ContentGuardrails> logger) : IGuardrails
{
    private readonly ModerationOptions _moderation = options.Value.Moderation;

    public async Task CheckAsync(GenerationRequest request, string owner, CancellationToken cancellationToken)
    {
        var rule = deny.Match(request.Prompt);
        if (rule is null && _moderation.AsksForPrompts && !string.IsNullOrWhiteSpace(request.Prompt))
        {
            rule = await AskAsync(Subjects.Prompt, () => moderation.CheckTextAsync(request.Prompt, cancellationToken));
        }
        if (rule is not null)
        {
            await refusals.RecordAsync(Subjects.Prompt, rule, Encoding.UTF8.GetBytes(request.Prompt), owner, job: null);
            throw Refused("the prompt is refused by this service's rules");
        }
        if (_moderation.AsksForReferences)
        {
            await CheckPicturesAsync(request, owner, cancellationToken);
        }
    }

    public async Task<bool> IsWithheldAsync(
        ReadOnlyMemory<byte> file, ImageFormat format, string owner, string? job, CancellationToken cancellationToken)
    {
        if (!_moderation.AsksForPictures
            || await AskAsync(Subjects.Picture, () => moderation.CheckPictureAsync(file, format.MediaType(), cancellationToken)) is not { } rule)
        {
            return false;
        }
        await refusals.RecordAsync(Subjects.Picture, rule, file, owner, job);
        return true;
    }

    // One after the other: each question holds its picture once more, as base64.
    private async Task CheckPicturesAsync(GenerationRequest request, string owner, CancellationToken cancellationToken)
    {
        foreach (var file in request.References.Concat(request.Controls.Select(control => control.File)))
        {
            var type = ImageFormats.Sniff(file.Span)?.MediaType() ?? "application/octet-stream";
            if (await AskAsync(Subjects.Reference, () => moderation.CheckPictureAsync(file, type, cancellationToken)) is { } rule)
            {
                await refusals.RecordAsync(Subjects.Reference, rule, file, owner, job: null);
                throw Refused("a picture of the request is refused by this service's rules");
            }
        }
    }

    private async Task<string?> AskAsync(string subject, Func<Task<string?>> question)
    {
        try
        {
            return await question();
        }
        catch (ModerationException exception)
        {
            LogNoAnswer(logger, subject, exception.Message, _moderation.OnError);
            if (_moderation.OnError == ModerationErrorChoice.Allow)
            {
                return null;
            }
            refusals.CountUnanswered(subject);
            throw new GenerationException(
                new GenerationFault(null, FaultKind.Unavailable, "the content cannot be checked at the moment; try again later"), exception);
        }
    }

    private static GenerationException Refused(string detail) => new(new GenerationFault(null, FaultKind.ContentFiltered, detail));

    [LoggerMessage(422, LogLevel.Warning, "The moderation service does not answer for a {Subject}: {Reason}; on error: {Choice}")]
    private static partial void LogNoAnswer(ILogger logger, string subject, string reason, ModerationErrorChoice choice);
}
