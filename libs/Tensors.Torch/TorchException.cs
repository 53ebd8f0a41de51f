namespace QwenMesh.Tensors.Torch;

/// <summary>LibTorch or CUDA is not there, does not fit, or refused or failed an operation.</summary>
internal sealed class TorchException(string message, Exception? inner = null) : Exception(message, inner);
