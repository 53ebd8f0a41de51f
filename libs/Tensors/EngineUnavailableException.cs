namespace QwenMesh.Tensors;

/// <summary>An engine cannot be opened on this machine. The message says what is missing and what to do about it.</summary>
public sealed class EngineUnavailableException(string message, Exception? innerException = null) : Exception(message, innerException);
