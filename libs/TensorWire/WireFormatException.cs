namespace QwenMesh.TensorWire;

/// <summary>A message that breaks the contract.</summary>
/// <param name="message">How, for people.</param>
/// <param name="field">Path of the field at fault, e.g. "parameters.scheduler"; null when it is the message as a whole.</param>
public sealed class WireFormatException(string message, string? field = null) : Exception(message)
{
    /// <summary>Path of the field at fault; null when it is the message as a whole.</summary>
    public string? Field { get; } = field;

    /// <summary>Whether bytes have changed on their way: the sender is not at fault, and sending again helps.</summary>
    public bool IsDamage { get; init; }
}
