using QwenMesh.Tensors.Cpu;

namespace QwenMesh.Tensors.Tests.Shared;

/// <summary>The engine that the shared tests run on: here the managed one.</summary>
internal static class EngineUnderTest
{
    public static TensorBackend Open() => new CpuBackend(new CpuOptions { Threads = 1 });
}
