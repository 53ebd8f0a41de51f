using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Generation;

/// <summary>The orchestrator behind the check that the dialects of this repository make field by field.</summary>
internal sealed class ImageGenerator(ModelDirectory models, GenerationOrchestrator orchestrator) : IImageGenerator
{
    public Task<GenerationResult> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var served = models.Current
            ?? throw new GenerationException(new GenerationFault(null, FaultKind.Unavailable, $"no model is ready: {models.Reason}"));
        var violations = GenerationLimits.Check(request, served).Select(violation => violation.ToString()).ToArray();
        return violations.Length == 0
            ? orchestrator.RunAsync(request, served, cancellationToken)
            : throw new GenerationException(new GenerationFault(null, FaultKind.InvalidRequest, string.Join("; ", violations)));
    }
}
