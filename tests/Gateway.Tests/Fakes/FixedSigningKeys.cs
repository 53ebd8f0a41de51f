using System.Security.Cryptography;
using System.Text;
using QwenMesh.Gateway.Files;

namespace QwenMesh.Gateway.Tests.Fakes;

/// <summary>Secrets that are the same for the same seed, without a store.</summary>
internal sealed class FixedSigningKeys(string seed = "a") : ISigningKeys
{
    public ValueTask<byte[]> GetAsync(string name, CancellationToken cancellationToken) => ValueTask.FromResult(SHA256.HashData(Encoding.UTF8.GetBytes(seed + name)));
}
