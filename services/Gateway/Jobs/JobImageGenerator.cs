using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Orchestration;

namespace QwenMesh.Gateway.Jobs;

/// <summary>What an added dialect draws with: a job and its end.</summary>
internal sealed class JobImageGenerator(ImageGenerator generator, JobCalls calls) : IImageGenerator
{
    public async Task<GenerationResult> GenerateAsync(GenerationRequest request, IGenerationProgress? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var served = generator.Check(request);
        return (await calls.RunAsync(new JobSubmission { Request = request, Dialect = "" }, served, progress, cancellationToken)).Result;
    }
}
