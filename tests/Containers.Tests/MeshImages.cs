using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Images;
using QwenMesh.Testing;
using QwenMesh.Testing.Containers;

namespace QwenMesh.Containers.Tests;

/// <summary>
/// The images of the Dockerfile. Debian with this machine's .NET stands in for the official base images, which come from a registry; the programs are
/// published from what was built, so that no build in a container has to restore packages.
/// </summary>
internal sealed class MeshImages : IAsyncDisposable
{
    private static readonly TimeSpan PublishLimit = TimeSpan.FromMinutes(5);

    private readonly List<IFutureDockerImage> _images = [];

    private MeshImages()
    {
    }

    /// <summary>Skips the running test, with the reason, where there is no Docker.</summary>
    /// <param name="targets">Of the Dockerfile.</param>
    /// <param name="name">The image's name for a target.</param>
    /// <param name="cancellationToken">Ends the builds.</param>
    public static async Task<MeshImages> BuildAsync(IReadOnlyList<string> targets, Func<string, string> name, CancellationToken cancellationToken)
    {
        var debian = await ContainerImage.RequireAsync(ContainerImage.Dotnet, cancellationToken);
        var images = new MeshImages();
        try
        {
            var runtime = await RuntimeAsync(debian, cancellationToken);
            using var context = new TemporaryFolder();
            await PrepareAsync(context, cancellationToken);
            foreach (var target in targets)
            {
                var image = Builder(context.Path, name(target)).WithDeleteIfExists(true).WithTarget(target)
                    .WithBuildArgument("SDK", debian).WithBuildArgument("RUNTIME", runtime).Build();
                images._images.Add(image);
                await image.CreateAsync(cancellationToken);
            }
            return images;
        }
        catch
        {
            await images.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var image in _images)
        {
            await image.DeleteAsync();
            await image.DisposeAsync();
        }
    }

    /// <summary>What mcr.microsoft.com/dotnet/aspnet is: .NET where it belongs, and a port of its own. Made once for a version of .NET.</summary>
    private static async Task<string> RuntimeAsync(string debian, CancellationToken cancellationToken)
    {
        var name = $"qwenmesh-test/aspnet:{debian.Split(':')[^1]}-{Environment.Version}";
        using var context = new TemporaryFolder();
        context.Write("Dockerfile", $"""
            FROM {debian}
            COPY dotnet /usr/share/dotnet
            RUN chmod 755 /usr/share/dotnet/dotnet && ln -s /usr/share/dotnet/dotnet /usr/bin/dotnet
            ENV ASPNETCORE_HTTP_PORTS=8080
            """);
        foreach (var part in new[] { "dotnet", "host", "shared/Microsoft.NETCore.App", "shared/Microsoft.AspNetCore.App" })
        {
            Copy(Path.Combine(ServiceContainer.DotnetRoot, part), Path.Combine(context.Path, "dotnet", part));
        }
        await using var image = Builder(context.Path, name).WithImageBuildPolicy(PullPolicy.Missing).WithCleanUp(false).Build();
        await image.CreateAsync(cancellationToken);
        return name;
    }

    /// <summary>A context with the programs, as the Dockerfile takes it in place of sources.</summary>
    private static async Task PrepareAsync(TemporaryFolder context, CancellationToken cancellationToken)
    {
        foreach (var name in new[] { "Dockerfile", ".dockerignore", "docker", "models/qwen-image-nano" })
        {
            Copy(Path.Combine(GoldenFolder.Repository, name), Path.Combine(context.Path, name));
        }
        var (code, output, errors) = await ComposeFile.RunAsync(
            Path.Combine(GoldenFolder.Repository, "docker", "publish"), [Path.Combine(context.Path, "publish"), "--no-build"], PublishLimit, cancellationToken);
        Assert.True(code == 0, $"docker/publish: {output}{errors}");
    }

    // No step of the builds needs a network, and the daemon of the tests has none for them.
    private static ImageFromDockerfileBuilder Builder(string context, string name) => new ImageFromDockerfileBuilder()
        .WithName(name)
        .WithDockerfileDirectory(context)
        .WithLabel(TestRun.Label, TestRun.Id)
        .WithCreateParameterModifier(parameters => parameters.NetworkMode = "none");

    private static void Copy(string source, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        if (File.Exists(source))
        {
            File.Copy(source, target);
            return;
        }
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
