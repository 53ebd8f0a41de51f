namespace QwenMesh.Testing.Stages;

/// <summary>
/// Encoder, Denoiser and Vae that compute nothing and answer at once: what is left of a generation is the Gateway's own work. Real gRPC servers on free
/// loopback ports of this process.
/// </summary>
public sealed class InstantStages : IAsyncDisposable
{
    private readonly StageServer[] _servers;

    private InstantStages(StageServer[] servers, HeldGenerations held) => (_servers, Held) = (servers, held);

    /// <summary>None are held at first.</summary>
    public HeldGenerations Held { get; }

    /// <summary>What a Gateway needs to find them, as environment variables.</summary>
    public IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        ["Stages__Encoder__Addresses__0"] = _servers[0].Address,
        ["Stages__Denoiser__Addresses__0"] = _servers[1].Address,
        ["Stages__Vae__Addresses__0"] = _servers[2].Address,
    };

    public static async Task<InstantStages> StartAsync()
    {
        var held = new HeldGenerations();
        return new InstantStages(
        [
            await StageServer.StartAsync(new InstantEncoder(), InstantEncoder.Model),
            await StageServer.StartAsync(new InstantDenoiser(held), InstantDenoiser.Model),
            await StageServer.StartAsync(new InstantVae(), InstantVae.Model),
        ], held);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }
}
