namespace QwenMesh.Encoder;

/// <summary>A prompt or a picture that the model cannot take; the message says why.</summary>
internal sealed class PromptException(string message) : Exception(message);
