namespace QwenMesh.Gateway.Jobs;

/// <summary>Who this process is, among all Gateways: its host's name and a number that no other start has.</summary>
internal sealed class GatewayIdentity
{
    public string Name { get; } = $"{Environment.MachineName}/{Guid.NewGuid():N}"[..Math.Min(Environment.MachineName.Length + 33, 120)];
}
