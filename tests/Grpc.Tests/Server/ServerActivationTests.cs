using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace QwenMesh.Grpc.Tests.Server;

public sealed class ServerActivationTests
{
    [Fact]
    public async Task Every_call_gets_an_instance_of_its_own_that_is_disposed_of()
    {
        var lives = new Lives();
        await using var server = await StartAsync(services => services.AddSingleton(lives));

        await server.Calls.CallAsync("/qwenmesh.probe.Probe/Echo", new ProbeMessage());
        await server.Calls.CallAsync("/qwenmesh.probe.Probe/Echo", new ProbeMessage { Text = "throw" });

        Assert.Equal(2, lives.Created);
        Assert.Equal(2, lives.Disposed);
    }

    [Fact]
    public async Task An_instance_in_the_container_is_the_one_that_serves()
    {
        var lives = new Lives();
        await using var server = await StartAsync(services => services.AddSingleton(lives).AddSingleton<Counted>());

        await server.Calls.CallAsync("/qwenmesh.probe.Probe/Echo", new ProbeMessage());
        await server.Calls.CallAsync("/qwenmesh.probe.Probe/Echo", new ProbeMessage());

        Assert.Equal(1, lives.Created);
        Assert.Equal(0, lives.Disposed);
    }

    [Fact]
    public async Task A_type_that_is_not_generated_cannot_be_mapped()
    {
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(
            () => ProbeServer.StartAsync(map: app => Microsoft.AspNetCore.Builder.GrpcEndpointRouteBuilderExtensions.MapGrpcService<Lives>(app)));

        Assert.Contains(nameof(Lives), exception.Message);
    }

    private static Task<CountedServer> StartAsync(Action<IServiceCollection> services) => CountedServer.StartAsync<Counted>(services);

    internal sealed class Lives
    {
        public int Created { get; set; }

        public int Disposed { get; set; }
    }

    internal sealed class Counted : Probe.ProbeBase, IAsyncDisposable
    {
        private readonly Lives _lives;

        public Counted(Lives lives)
        {
            _lives = lives;
            _lives.Created++;
        }

        public override Task<ProbeMessage> Echo(ProbeMessage request, ServerCallContext context) =>
            request.Text == "throw" ? throw new InvalidOperationException() : Task.FromResult(request);

        public ValueTask DisposeAsync()
        {
            _lives.Disposed++;
            return default;
        }
    }
}
