using System.Text.RegularExpressions;
using k8s.Models;

namespace QwenMesh.Mesh.Tests.Cluster;

/// <summary>What a pod may do, and where secrets are.</summary>
public sealed partial class PodSecurityTests
{
    public static TheoryData<string> Overlays => [.. Overlay.Names];

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Pods_are_restricted(string name)
    {
        var overlay = await Overlay.RequireAsync(name);
        Assert.All(overlay.Workloads, workload => PodSecurity.AssertRestricted(workload.Pod));
        Assert.Equal("restricted", Assert.Single(overlay.All<V1Namespace>()).Metadata.Labels["pod-security.kubernetes.io/enforce"]);
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Memory_and_processors_are_asked_for(string name)
    {
        var overlay = await Overlay.RequireAsync(name);
        Assert.All(overlay.Workloads.SelectMany(workload => workload.Pod.Containers.Concat(workload.Pod.InitContainers ?? [])), container =>
        {
            Assert.True(container.Resources.Requests["cpu"].ToDecimal() > 0);
            Assert.True(container.Resources.Requests["memory"].ToDecimal() <= container.Resources.Limits["memory"].ToDecimal());
        });
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task No_secret_is_in_a_manifest(string name)
    {
        var overlay = await Overlay.RequireAsync(name);
        Assert.Empty(overlay.All<V1Secret>());
        Assert.DoesNotContain(overlay.All<V1ConfigMap>().SelectMany(map => map.Data.Keys), key => SecretName().IsMatch(key));
        var variables = overlay.Workloads.SelectMany(workload => workload.Container.Env ?? []).Where(variable => SecretName().IsMatch(variable.Name)).ToArray();
        Assert.NotEmpty(variables);
        Assert.All(variables, variable => Assert.NotNull(variable.ValueFrom.SecretKeyRef));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task The_secrets_that_pods_need_are_those_that_the_readme_makes(string name)
    {
        var overlay = await Overlay.RequireAsync(name);
        var needed = overlay.Workloads.SelectMany(workload => workload.Container.Env ?? [])
            .Select(variable => variable.ValueFrom?.SecretKeyRef).OfType<V1SecretKeySelector>().Select(secret => (secret.Name, secret.Key))
            .Concat(overlay.Workloads.SelectMany(workload => (workload.Pod.Volumes ?? []).Where(volume => volume.Secret is not null)
                .Select(volume => (volume.Secret.SecretName, Path.GetFileName(overlay.Environment(workload)["Access__KeyFile"]!)))))
            .ToHashSet();
        var readme = await File.ReadAllTextAsync(Path.Combine(Overlay.Folder, "README.md"), TestContext.Current.CancellationToken);
        var made = SecretCommand().Matches(readme.Replace("\\\n", " ", StringComparison.Ordinal))
            .SelectMany(command => SecretKey().Matches(command.Value).Select(key => (command.Groups["name"].Value, key.Groups["key"].Value))).ToHashSet();
        Assert.Superset(needed, made);
    }

    [GeneratedRegex("(Password|PASSWORD|Secret|SecretKey|AccessKey|ConnectionString|Sha256|Token)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SecretName();

    [GeneratedRegex(@"create secret generic (?<name>[\w-]+)[^\n]*", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SecretCommand();

    [GeneratedRegex(@"--from-(literal|file)=(?<key>[\w.]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SecretKey();
}
