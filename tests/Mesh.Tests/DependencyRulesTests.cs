using System.Xml.Linq;

namespace QwenMesh.Mesh.Tests;

/// <summary>Who may reference whom (docs/architecture.md); read from the project files.</summary>
public sealed class DependencyRulesTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["libs/Tensors"] = [],
        ["libs/Tensors.Torch"] = ["Tensors"],
        ["libs/Imaging"] = [],
        ["libs/Checkpoints"] = ["Tensors"],
        ["libs/Protocol"] = [],
        ["libs/TensorWire"] = ["Protocol"],
        ["libs/ServiceDefaults"] = ["Protocol"],
        ["libs/StageHost"] = ["Checkpoints", "Protocol", "ServiceDefaults", "Tensors", "Tensors.Torch", "TensorWire"],
        ["services/Encoder"] = ["Checkpoints", "Imaging", "Protocol", "ServiceDefaults", "Tensors", "StageHost", "TensorWire"],
        ["services/Denoiser"] = ["Checkpoints", "Protocol", "ServiceDefaults", "Tensors", "StageHost", "TensorWire"],
        ["services/Vae"] = ["Checkpoints", "Imaging", "Protocol", "ServiceDefaults", "Tensors", "StageHost", "TensorWire"],
        ["services/Gateway"] = ["Imaging", "Protocol", "ServiceDefaults", "TensorWire"],
    };

    public static TheoryData<string> Projects => new(
        Directory.GetDirectories(Path.Combine(Repository.Root, "libs")).Select(folder => "libs/" + Path.GetFileName(folder))
            .Concat(Directory.GetDirectories(Path.Combine(Repository.Root, "services")).Select(folder => "services/" + Path.GetFileName(folder))));

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_what_it_may(string project)
    {
        Assert.True(Allowed.TryGetValue(project, out var allowed), $"{project} has no entry in the dependency rules");
        var file = Assert.Single(Directory.GetFiles(Path.Combine(Repository.Root, project), "*.csproj"));
        var referenced = XDocument.Load(file).Descendants("ProjectReference")
            .Select(reference => Path.GetFileName(Path.GetDirectoryName(reference.Attribute("Include")!.Value.Replace('\\', '/')))!);
        Assert.All(referenced, name => Assert.Contains(name, allowed));
    }
}
