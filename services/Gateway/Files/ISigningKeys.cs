namespace QwenMesh.Gateway.Files;

/// <summary>Secrets of the deployment: made once, the same for all Gateways that share a database.</summary>
internal interface ISigningKeys
{
    /// <summary>32 random bytes under a name, e.g. "files" or "webhooks"; made when it is first asked for.</summary>
    ValueTask<byte[]> GetAsync(string name, CancellationToken cancellationToken);
}
