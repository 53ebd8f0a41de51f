using Grpc.Net.Client;
using Grpc.Testing;

namespace QwenMesh.Grpc.Tests.Client;

/// <summary>A server that takes a request, reads none of it and never answers.</summary>
internal sealed class HangingServer : IAsyncDisposable
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ScriptedServer? _server;

    /// <summary>A request has arrived.</summary>
    public Task Entered => _entered.Task;

    /// <summary>The request was taken back.</summary>
    public Task Aborted => _aborted.Task;

    public GrpcChannel Channel => _server!.Channel;

    public TestService.TestServiceClient Client => _server!.Client;

    public static async Task<HangingServer> StartAsync()
    {
        var hanging = new HangingServer();
        hanging._server = await ScriptedServer.StartAsync(async context =>
        {
            context.RequestAborted.Register(() => hanging._aborted.TrySetResult());
            hanging._entered.TrySetResult();
            await hanging.Aborted;
        });
        return hanging;
    }

    public ValueTask DisposeAsync() => _server!.DisposeAsync();
}
