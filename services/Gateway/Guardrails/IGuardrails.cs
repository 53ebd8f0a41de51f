using QwenMesh.Gateway.Generation;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Guardrails;

/// <summary>What the operator does not want to be drawn. Every refusal leaves an <see cref="AuditRecord"/>.</summary>
internal interface IGuardrails
{
    /// <summary>Before a request is accepted.</summary>
    /// <exception cref="GenerationException">It is refused: <see cref="FaultKind.ContentFiltered"/>.</exception>
    Task CheckAsync(GenerationRequest request, string owner, CancellationToken cancellationToken);

    /// <summary>Whether a picture that was drawn is kept from its client.</summary>
    Task<bool> IsWithheldAsync(ReadOnlyMemory<byte> file, ImageFormat format, string owner, string? job, CancellationToken cancellationToken);
}
