using System.Globalization;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Containers;
using DotNet.Testcontainers.Images;
using DotNet.Testcontainers.Networks;

namespace QwenMesh.Testing.Containers;

/// <summary>A PostgreSQL server in a container, empty at the start. Reached from the test over loopback.</summary>
public sealed class PostgresContainer : IAsyncDisposable
{
    private const ushort Port = 5432;

    // Whoever reaches the port is let in: it is published on loopback only.
    private const string Start = """
        set -e
        cd /tmp
        bin=$(echo /usr/lib/postgresql/*/bin)
        "$bin/initdb" -D /tmp/data -U postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8
        echo 'host all all all trust' >>/tmp/data/pg_hba.conf
        exec "$bin/postgres" -D /tmp/data -k /tmp -c listen_addresses='*' -c max_connections=300
        """;

    private readonly INetwork _network;
    private readonly IContainer _container;

    private PostgresContainer(INetwork network, IContainer container) => (_network, _container) = (network, container);

    /// <summary>Started; skips the running test, with the reason, where there is no Docker.</summary>
    public static async Task<PostgresContainer> StartAsync(CancellationToken cancellationToken)
    {
        var image = await ContainerImage.RequireAsync(ContainerImage.Postgres, cancellationToken);
        var network = TestRun.Network();
        var container = new ContainerBuilder(image)
            .WithImagePullPolicy(PullPolicy.Never)
            .WithLabel(TestRun.Label, TestRun.Id)
            .WithNetwork(network)
            .WithPortBinding(Port, assignRandomHostPort: true)
            .WithCreateParameterModifier(ServiceContainer.PublishOnLoopback)
            .WithCreateParameterModifier(parameters => parameters.User = "postgres")
            .WithCommand("/bin/bash", "-c", Start)
            .WithWaitStrategy(Wait.ForUnixContainer().UntilCommandIsCompleted(
                ["/bin/bash", "-c", "/usr/lib/postgresql/*/bin/pg_isready -q -h 127.0.0.1"],
                strategy => strategy.WithInterval(TimeSpan.FromMilliseconds(100)).WithTimeout(TimeSpan.FromSeconds(120))))
            .Build();
        var server = new PostgresContainer(network, container);
        try
        {
            await container.StartAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Connection string of a database; of the server's own without a name.</summary>
    public string ConnectionString(string database = "postgres") => string.Create(
        CultureInfo.InvariantCulture, $"Host={_container.Hostname};Port={_container.GetMappedPublicPort(Port)};Username=postgres;Database={database}");

    public async ValueTask DisposeAsync()
    {
        await _container.DisposeAsync();
        await _network.DisposeAsync();
    }
}
