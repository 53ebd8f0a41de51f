using System.Net.Http.Json;
using System.Text.Json;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Containers;
using DotNet.Testcontainers.Images;
using DotNet.Testcontainers.Networks;
using QwenMesh.Testing;
using QwenMesh.Testing.Containers;

namespace QwenMesh.Containers.Tests;

/// <summary>The mesh from the images that are shipped, with the settings of compose.yaml.</summary>
public sealed class MeshTests
{
    private const int User = 1654;
    private const ushort Http = 8080;
    private const string Checkpoint = "nano";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    // PostgreSQL's official image comes from a registry; the variables are its own.
    private const string StartDatabase = """
        set -e
        bin=$(echo /usr/lib/postgresql/*/bin)
        "$bin/initdb" -D /tmp/data -U "$POSTGRES_USER" --auth=trust --encoding=UTF8 --locale=C.UTF-8 >/dev/null
        echo "CREATE DATABASE $POSTGRES_DB" | "$bin/postgres" --single -D /tmp/data postgres >/dev/null
        echo 'host all all all trust' >>/tmp/data/pg_hba.conf
        exec "$bin/postgres" -D /tmp/data -k /tmp -c listen_addresses='*'
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Images_draw_a_picture_from_a_read_only_root_and_finish_another_when_they_are_stopped()
    {
        var compose = await ComposeFile.RequireAsync(Token);
        Assert.All(compose.Values.SelectMany(service => service.Ports), port => Assert.Equal("127.0.0.1", port.Address)); // Everybody is let in.
        var built = compose.Where(service => service.Value.Target is not null).ToDictionary();
        Assert.Equal(["denoiser", "encoder", "gateway", "vae"], built.Keys.Order());
        Assert.All(built.Where(service => service.Key != "gateway"), stage => Assert.Equal(["stages"], stage.Value.Networks));
        await using var images = await MeshImages.BuildAsync([.. built.Values.Select(service => service.Target!), Checkpoint], ImageName, Token);
        await AssertCheckpointIsCopiedAsync();
        await using var network = TestRun.Network();
        await using var database = await DatabaseAsync(compose["postgresql"], network);
        var mesh = built.ToDictionary(service => service.Key, service => Container(service.Key, service.Value, network));
        try
        {
            await database.StartAsync(Token);
            await Task.WhenAll(mesh.Values.Select(container => container.StartAsync(Token))); // Until Docker finds them healthy.
            await AssertLockedAsync(mesh.Values);

            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{mesh["gateway"].GetMappedPublicPort(Http)}"), Timeout = Limit };
            await Eventually.TrueAsync(async () => (await client.GetAsync("/v1/health/ready", Token)).IsSuccessStatusCode, "the Gateway found its stages");
            await DrawAsync(client, steps: 5);
            Assert.Equal("1", await JobsAsync(database, compose["postgresql"]));

            var last = DrawAsync(client, steps: 40);
            await Eventually.TrueAsync(
                async () => (await client.GetStringAsync("/metrics", Token)).Contains("qwenmesh_gateway_jobs_running{otel_scope_name=\"QwenMesh.Gateway\"} 1", StringComparison.Ordinal),
                "the second picture was being drawn");
            await StopAsync(mesh["gateway"]);
            await last;
            await Task.WhenAll(mesh.Where(one => one.Key != "gateway").Select(one => StopAsync(one.Value)));
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException(string.Join('\n', await Task.WhenAll(mesh.Select(LogAsync))), exception);
        }
        finally
        {
            foreach (var container in mesh.Values)
            {
                await container.DisposeAsync();
            }
        }
    }

    private static string ImageName(string target) => $"qwenmesh-test/{target}:{TestRun.Id}";

    /// <summary>As k8s/overlays/cpu-demo has it: by an image that holds the checkpoint, into an empty folder.</summary>
    private static async Task AssertCheckpointIsCopiedAsync()
    {
        await using var container = new ContainerBuilder(ImageName(Checkpoint))
            .WithImagePullPolicy(PullPolicy.Never)
            .WithLabel(TestRun.Label, TestRun.Id)
            .WithCommand("sh", "-c", "cp -r /models/qwen-image-nano /target/ && cmp /models/qwen-image-nano/model_index.json /target/qwen-image-nano/model_index.json")
            .WithCreateParameterModifier(parameters =>
            {
                parameters.NetworkDisabled = true;
                parameters.HostConfig!.NetworkMode = "none";
                parameters.HostConfig.ReadonlyRootfs = true;
                parameters.HostConfig.Tmpfs = new Dictionary<string, string> { ["/target"] = "mode=1777" };
            })
            .Build();
        await container.StartAsync(Token);
        Assert.Equal(0, await container.GetExitCodeAsync(Token).WaitAsync(Limit, Token));
    }

    private static IContainer Container(string name, ComposeService service, INetwork network)
    {
        Assert.True(service.IsReadOnly);
        var builder = new ContainerBuilder(ImageName(service.Target!))
            .WithImagePullPolicy(PullPolicy.Never)
            .WithLabel(TestRun.Label, TestRun.Id)
            .WithNetwork(network)
            .WithNetworkAliases(name)
            .WithEnvironment(service.Environment)
            .WithCreateParameterModifier(parameters =>
            {
                parameters.HostConfig!.ReadonlyRootfs = service.IsReadOnly;
                parameters.HostConfig.CapDrop = [.. service.DroppedCapabilities];
                parameters.HostConfig.SecurityOpt = [.. service.SecurityOptions];
                parameters.HostConfig.Tmpfs = service.Temporary.ToDictionary(path => path, _ => "");
            })
            .WithWaitStrategy(Wait.ForUnixContainer().UntilContainerIsHealthy(failingStreak: 30, strategy => strategy.WithTimeout(Limit)));
        builder = service.Folders.Aggregate(builder, (one, folder) => one.WithBindMount(folder.Source, folder.Target, AccessMode.ReadOnly));
        builder = service.Ports.Aggregate(builder, (one, port) => one.WithPortBinding(port.Port, assignRandomHostPort: true));
        return builder.WithCreateParameterModifier(ServiceContainer.PublishOnLoopback).Build();
    }

    private static async Task<IContainer> DatabaseAsync(ComposeService service, INetwork network) =>
        new ContainerBuilder(await ContainerImage.RequireAsync(ContainerImage.Postgres, Token))
            .WithImagePullPolicy(PullPolicy.Never)
            .WithLabel(TestRun.Label, TestRun.Id)
            .WithNetwork(network)
            .WithNetworkAliases("postgresql")
            .WithEnvironment(service.Environment)
            .WithCreateParameterModifier(parameters => parameters.User = "postgres")
            .WithCommand("/bin/bash", "-c", StartDatabase)
            .WithWaitStrategy(Wait.ForUnixContainer().UntilCommandIsCompleted(
                ["/bin/bash", "-c", "/usr/lib/postgresql/*/bin/pg_isready -q -h 127.0.0.1"],
                strategy => strategy.WithInterval(TimeSpan.FromMilliseconds(100)).WithTimeout(Limit)))
            .Build();

    /// <summary>They run as nobody in particular, without a capability, and write nowhere but where they are meant to.</summary>
    private static async Task AssertLockedAsync(IEnumerable<IContainer> containers)
    {
        foreach (var container in containers)
        {
            Assert.Equal($"{User}", (await container.ExecAsync(["id", "-u"], Token)).Stdout.Trim());
            Assert.NotEqual(0, (await container.ExecAsync(["touch", "/app/new"], Token)).ExitCode);
            Assert.Equal(0, (await container.ExecAsync(["touch", "/tmp/new"], Token)).ExitCode);
            var capabilities = await container.ExecAsync(["grep", "-c", "^Cap[A-Z][a-z]*:\\s*0*$", "/proc/1/status"], Token);
            Assert.Equal("5", capabilities.Stdout.Trim()); // Inherited, permitted, effective, bounding, ambient.
        }
    }

    private static async Task DrawAsync(HttpClient client, int steps)
    {
        using var response = await client.PostAsJsonAsync(
            "/v1/infer", new { prompt = "a red circle on a blue background", width = 1024, height = 1024, steps, seed = 1, output_format = "png" }, Token);
        var body = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode}: {body}");
        var file = JsonElement.Parse(body).GetProperty("artifacts")[0].GetProperty("base64").GetBytesFromBase64();
        Assert.Equal("PNG", System.Text.Encoding.ASCII.GetString(file, 1, 3));
    }

    private static async Task<string> JobsAsync(IContainer database, ComposeService service)
    {
        var counted = await database.ExecAsync(
            ["psql", "-h", "127.0.0.1", "-U", service.Environment["POSTGRES_USER"], "-d", service.Environment["POSTGRES_DB"], "-tAc", "SELECT count(*) FROM jobs WHERE ended_at IS NOT NULL"], Token);
        Assert.True(counted.ExitCode == 0, counted.Stderr);
        return counted.Stdout.Trim();
    }

    /// <summary>As Docker and Kubernetes stop it, but without their patience running out on a busy machine.</summary>
    private static async Task StopAsync(IContainer container)
    {
        Assert.Equal(0, (await container.ExecAsync(["bash", "-c", "kill -TERM 1"], Token)).ExitCode);
        Assert.Equal(0, await container.GetExitCodeAsync(Token).WaitAsync(Limit, Token));
    }

    private static async Task<string> LogAsync(KeyValuePair<string, IContainer> one)
    {
        var (output, errors) = await one.Value.GetLogsAsync(ct: CancellationToken.None);
        return $"{one.Key}: {output}{errors}";
    }
}
