using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Planning;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Protocol;

namespace QwenMesh.Gateway.Orchestration;

/// <summary>The orchestrator behind the choice of a model and the check that the dialects of this repository make field by field.</summary>
internal sealed class ImageGenerator(ModelDirectory models, GenerationOrchestrator orchestrator)
{
    /// <summary>Draws the pictures, at once and in this process.</summary>
    /// <exception cref="GenerationException">There is no picture.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task<GenerationResult> GenerateAsync(
        GenerationRequest request, IGenerationProgress? progress, ICheckpoints? checkpoints, CancellationToken cancellationToken) =>
        orchestrator.RunAsync(request, Check(request), progress, checkpoints, cancellationToken);

    /// <summary>The model that draws a request.</summary>
    /// <exception cref="GenerationException">There is none, or the request breaks its limits.</exception>
    public ServedModel Check(GenerationRequest request)
    {
        var served = models.Choose(request.Model)
            ?? throw new GenerationException(new GenerationFault(null, FaultKind.InvalidRequest,
                $"the model '{Echo.Name(request.Model!)}' is not served here; served are {models.Names}"));
        var violations = GenerationLimits.Check(request, served).Select(violation => violation.ToString()).ToArray();
        return violations.Length == 0
            ? served
            : throw new GenerationException(new GenerationFault(null, FaultKind.InvalidRequest, string.Join("; ", violations)));
    }
}
