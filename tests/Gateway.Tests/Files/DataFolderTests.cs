using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Tests.Files;

/// <summary>Jobs and their files are in one folder, whatever is configured.</summary>
public sealed class DataFolderTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("relative/jobs")]
    [InlineData("/srv/qwenmesh")]
    public void Files_are_below_the_folder_of_the_jobs(string? folder)
    {
        var (files, jobs) = Read(new() { ["Jobs:Folder"] = folder });
        Assert.True(Path.IsPathFullyQualified(jobs.DataFolder), jobs.DataFolder);
        Assert.Equal(Path.Combine(jobs.DataFolder, "blobs"), files.Folder);
        Assert.EndsWith(string.IsNullOrEmpty(folder) ? "qwenmesh" : folder, jobs.DataFolder, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_can_have_a_folder_of_their_own()
    {
        var (files, jobs) = Read(new() { ["Jobs:Folder"] = "/srv/jobs", ["Files:Folder"] = "/srv/files" });
        Assert.Equal(("/srv/files", "/srv/jobs"), (files.Folder, jobs.DataFolder));
    }

    private static (FilesOptions Files, JobOptions Jobs) Read(Dictionary<string, string?> settings)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        services.AddFiles();
        services.AddJobs();
        using var provider = services.BuildServiceProvider();
        return (provider.GetRequiredService<IOptions<FilesOptions>>().Value, provider.GetRequiredService<IOptions<JobOptions>>().Value);
    }
}
