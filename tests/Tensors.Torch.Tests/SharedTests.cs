using QwenMesh.Tensors.Tests.Shared;

namespace QwenMesh.Tensors.Torch.Tests;

/// <summary>What every engine has to pass, on this one with whichever binding fits.</summary>
public sealed class TorchShapeTests() : ShapeTests(TorchEngines.Open(TorchBinding.Auto));

public sealed class TorchLifetimeTests() : LifetimeTests(() => TorchEngines.Open(TorchBinding.Auto));
