using System.Xml.Linq;

namespace QwenMesh.Mesh.Tests.Cluster;

/// <summary>What Docker is sent is enough to build the services.</summary>
public sealed class ImageContextTests
{
    private static readonly string[] Kept = [.. File.ReadLines(Path.Combine(Repository.Root, ".dockerignore"))
        .Where(line => line.StartsWith('!')).Select(line => line[1..])];

    public static TheoryData<string> Projects => [.. new[] { "libs", "services" }
        .SelectMany(folder => Directory.GetFiles(Path.Combine(Repository.Root, folder), "*.csproj", SearchOption.AllDirectories))
        .Select(path => Path.GetRelativePath(Repository.Root, path))];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Files_that_a_project_takes_in_are_sent(string project)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, project))!;
        var taken = XDocument.Load(Path.Combine(Repository.Root, project)).Descendants()
            .Where(element => element.Name.LocalName != "PackageReference")
            .SelectMany(element => new[] { element.Attribute("Include"), element.Attribute("Update"), element.Attribute("ProtoRoot"), element.Attribute("Project") })
            .OfType<XAttribute>().SelectMany(attribute => attribute.Value.Split(';'))
            .Where(value => value.Contains('/') && !value.Contains('%'))
            .Select(value => Path.GetRelativePath(Repository.Root, Path.GetFullPath(Path.Combine(folder, value.Replace("$(RepositoryRoot)", Repository.Root + "/", StringComparison.Ordinal)))));
        Assert.All(taken, path => Assert.Contains(Kept, kept => path == kept || path.StartsWith($"{kept}/", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(".editorconfig")] // Its severities: warnings are errors.
    [InlineData("Directory.Build.props")]
    [InlineData("Directory.Build.targets")]
    [InlineData("Directory.Packages.props")]
    [InlineData("global.json")]
    [InlineData("docker")]
    [InlineData("models/qwen-image-nano")]
    public void What_every_build_reads_is_sent(string name)
    {
        Assert.Contains(name, Kept);
        Assert.True(Path.Exists(Path.Combine(Repository.Root, name)));
    }
}
