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
        var served = Choose(request.Model);
        var violations = GenerationLimits.Check(request, served).Select(violation => violation.ToString()).ToArray();
        return violations.Length == 0
            ? orchestrator.RunAsync(request, served, progress, cancellationToken)
            : throw new GenerationException(new GenerationFault(null, FaultKind.InvalidRequest, string.Join("; ", violations)));
    }

    private ServedModel Choose(string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            return models.Current ?? throw new GenerationException(new GenerationFault(null, FaultKind.Unavailable, $"no model is ready: {models.Reason}"));
        }
        return models.Find(name)
            ?? throw new GenerationException(new GenerationFault(null, FaultKind.InvalidRequest, $"the model '{Echo.Name(name)}' is not served here"));
    }
}
