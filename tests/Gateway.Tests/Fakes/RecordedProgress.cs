using System.Collections.Concurrent;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Tests.Fakes;

/// <summary>Everything that is told about a generation.</summary>
internal sealed class RecordedProgress : IGenerationProgress
{
    public ConcurrentQueue<GenerationEvent> Events { get; } = new();

    public void Report(GenerationEvent happened) => Events.Enqueue(happened);
}
