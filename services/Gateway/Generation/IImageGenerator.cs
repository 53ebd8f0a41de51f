namespace QwenMesh.Gateway.Generation;

/// <summary>What a dialect draws with: the mesh behind the Gateway. Safe for use from many requests at a time.</summary>
public interface IImageGenerator
{
    /// <summary>Draws the pictures: checks the request against its model, then runs it through the stages.</summary>
    /// <param name="request">What to draw.</param>
    /// <param name="progress">Is told what happens on the way; null when nobody listens.</param>
    /// <param name="cancellationToken">Usually the HTTP request's; cancelling stops the running step.</param>
    /// <exception cref="GenerationException">There is no picture; its fault says why and which HTTP status fits.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    Task<GenerationResult> GenerateAsync(GenerationRequest request, IGenerationProgress? progress, CancellationToken cancellationToken);
}
