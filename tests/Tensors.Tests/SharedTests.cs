using QwenMesh.Tensors.Cpu;
using QwenMesh.Tensors.Tests.Shared;

namespace QwenMesh.Tensors.Tests;

/// <summary>What every engine has to pass, on the managed one.</summary>
public sealed class CpuShapeTests() : ShapeTests(new CpuBackend(new CpuOptions { Threads = 1 }));

public sealed class CpuLifetimeTests() : LifetimeTests(() => new CpuBackend(new CpuOptions { Threads = 1 }));
