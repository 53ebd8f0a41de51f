using QwenMesh.Gateway.Generation;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Guardrails;

/// <summary>What this service does not draw and does not hand out (docs/guardrails.md). Costs nothing where no rule and no moderation service is configured.</summary>
internal interface IGuardrails
{
    /// <summary>Before a request is accepted: its prompt and its pictures.</summary>
    /// <param name="request">Complete, files included.</param>
    /// <param name="owner">Id of the API key; empty without one.</param>
    /// <param name="cancellationToken">Ends the questions; what is refused is recorded nevertheless.</param>
    /// <exception cref="GenerationException">
    /// <see cref="FaultKind.ContentFiltered"/>: refused; which rule is recorded and not told. <see cref="FaultKind.Unavailable"/>: the moderation service
    /// gives no answer, and nothing passes without one.
    /// </exception>
    Task CheckAsync(GenerationRequest request, string owner, CancellationToken cancellationToken);

    /// <summary>Before a picture or a preview is stored: whether it is withheld.</summary>
    /// <param name="file">A complete file.</param>
    /// <param name="format">Its format.</param>
    /// <param name="owner">Id of the API key; empty without one.</param>
    /// <param name="job">Id of the job; null when there is none.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    /// <exception cref="GenerationException"><see cref="FaultKind.Unavailable"/>, as above: the picture must not be handed out.</exception>
    Task<bool> IsWithheldAsync(ReadOnlyMemory<byte> file, ImageFormat format, string owner, string? job, CancellationToken cancellationToken);
}
