namespace QwenMesh.Gateway.Webhooks;

/// <summary>What is posted to a client.</summary>
/// <param name="Body">JSON, unless <see cref="Headers"/> has another Content-Type.</param>
/// <param name="Headers">E.g. a signature.</param>
internal sealed record WebhookMessage(ReadOnlyMemory<byte> Body, IReadOnlyList<KeyValuePair<string, string>> Headers)
{
    /// <summary>The client did not ask to be told of this one: nothing is posted, and it counts as delivered.</summary>
    public static WebhookMessage None { get; } = new(default, []);
}
