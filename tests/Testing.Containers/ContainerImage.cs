using System.Collections.Concurrent;
using DotNet.Testcontainers.Configurations;
using Xunit;

namespace QwenMesh.Testing.Containers;

/// <summary>Images for tests: made once by <c>docker/image</c> from a recipe in <c>docker/images</c>, from then on in the daemon's store.</summary>
public static class ContainerImage
{
    /// <summary>Debian with the libraries of the system that a .NET service needs; it holds no .NET.</summary>
    public const string Dotnet = "dotnet";

    /// <summary>Debian with PostgreSQL.</summary>
    public const string Postgres = "postgresql";

    // Docker.DotNet asks for this version of the API unless told otherwise; Debian 12's daemon speaks 1.41.
    private static readonly Version ClientApi = new(1, 44);

    private static readonly ConcurrentDictionary<string, Lazy<Task<ImageScript.Answer>>> Answers = new(StringComparer.Ordinal);

    /// <summary>
    /// The tag of an image, which is made first where it is missing (a minute or two). Skips the running test, with the reason, where there is
    /// no Docker or no way to make an image; fails it when making the image fails.
    /// </summary>
    public static async Task<string> RequireAsync(string name, CancellationToken cancellationToken)
    {
        var answer = await Answers.GetOrAdd(name, key => new(() => ImageScript.RunAsync(key))).Value.WaitAsync(cancellationToken);
        Assert.SkipWhen(answer.Unavailable is not null, $"needs Docker: {answer.Unavailable}");
        Prepare(answer);
        return answer.Tag;
    }

    // Before Testcontainers talks to the daemon for the first time.
    private static void Prepare(ImageScript.Answer answer)
    {
        if (answer.Api < ClientApi && Environment.GetEnvironmentVariable("DOCKER_API_VERSION") is null)
        {
            Environment.SetEnvironmentVariable("DOCKER_API_VERSION", answer.Api.ToString());
        }
        // Testcontainers would look for published ports on the bridge where it takes this machine for a container (/.dockerenv exists).
        TestcontainersSettings.DockerHostOverride ??= "127.0.0.1";
        // Ryuk, which removes what a killed test leaves behind, is an image too; without a registry docker/with-docker does that.
        TestcontainersSettings.ResourceReaperEnabled &= answer.FromRegistry;
    }
}
