using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Guardrails;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Tests.Fakes;

/// <summary>Refuses the prompt "refused", and withholds the first pictures.</summary>
internal sealed class WithholdingGuardrails(int pictures) : IGuardrails
{
    private int _asked;

    public Task CheckAsync(GenerationRequest request, string owner, CancellationToken cancellationToken) => request.Prompt == "refused"
        ? Task.FromException(new GenerationException(new GenerationFault(null, FaultKind.ContentFiltered, "the prompt is refused")))
        : Task.CompletedTask;

    public Task<bool> IsWithheldAsync(ReadOnlyMemory<byte> file, ImageFormat format, string owner, string? job, CancellationToken cancellationToken) =>
        Task.FromResult(Interlocked.Increment(ref _asked) <= pictures);
}
