namespace QwenMesh.Gateway.Guardrails;

/// <summary>The moderation service gives no usable answer.</summary>
/// <param name="reason">For the log; nothing of the request or the answer.</param>
/// <param name="inner">What was thrown.</param>
internal sealed class ModerationException(string reason, Exception? inner = null) : Exception(reason, inner);
