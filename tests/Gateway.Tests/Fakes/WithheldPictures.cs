using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Guardrails;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Tests.Fakes;

/// <summary>Lets every request in and no picture out.</summary>
internal sealed class WithheldPictures : IGuardrails
{
    public Task CheckAsync(GenerationRequest request, string owner, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<bool> IsWithheldAsync(ReadOnlyMemory<byte> file, ImageFormat format, string owner, string? job, CancellationToken cancellationToken) => Task.FromResult(true);
}
