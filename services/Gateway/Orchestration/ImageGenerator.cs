using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Planning;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Protocol;

namespace QwenMesh.Gateway.Orchestration;

/// <summary>The orchestrator behind the choice of a model and the check that the dialects of this repository make field by field.</summary>
internal sealed class ImageGenerator(ModelDirectory models, GenerationOrchestrator orchestrator) : IImageGenerator
{
    public Task<GenerationResult> GenerateAsync(GenerationRequest request, IGenerationProgress? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var served = models.Choose(request.Model)
            ?? throw new GenerationException(new GenerationFault(null, FaultKind.InvalidRequest, $"the model '{Echo.Name(request.Model!)}' is not served here"));
        var violations = GenerationLimits.Check(request, served).Select(violation => violation.ToString()).ToArray();
        return violations.Length == 0
            ? orchestrator.RunAsync(request, served, progress, cancellationToken)
            : throw new GenerationException(new GenerationFault(null, FaultKind.InvalidRequest, string.Join("; ", violations)));
    }
}
