namespace QwenMesh.Tensors.Torch;

/// <summary>LibTorch could not be loaded, or refused or failed an operation.</summary>
public sealed class TorchException(string message, Exception? inner = null) : Exception(message, inner);
