using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using k8s;
using k8s.Models;
using QwenMesh.Mesh.Tests.Observability;

namespace QwenMesh.Mesh.Tests.Cluster;

/// <summary>An overlay of k8s/ as <c>kubectl kustomize</c> renders it, in the typed models of Kubernetes' client. Unknown fields are refused.</summary>
internal sealed class Overlay
{
    private const int ExitUnavailable = 69;

    // The script may unpack kubectl first.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);
    private static readonly ConcurrentDictionary<string, Lazy<Task<(string? Text, string? Unavailable)>>> Rendered = new(StringComparer.Ordinal);

    private static readonly Dictionary<string, Type> CustomResources = new()
    {
        ["keda.sh/v1alpha1/ScaledObject"] = typeof(ScaledObject),
        ["monitoring.coreos.com/v1/PrometheusRule"] = typeof(PrometheusRule),
        ["monitoring.coreos.com/v1/ServiceMonitor"] = typeof(ServiceMonitor),
    };

    private Overlay(string name, string text) => (Name, Text, Objects) = (name, text, Parse(text));

    /// <summary>k8s/ of the repository.</summary>
    public static string Folder { get; } = Path.Combine(Repository.Root, "k8s");

    public static IReadOnlyList<string> Names { get; } = [.. Directory.GetDirectories(Path.Combine(Folder, "overlays")).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    public string Name { get; }

    public string Text { get; }

    public IReadOnlyList<object> Objects { get; }

    /// <summary>Deployments and StatefulSets.</summary>
    public IReadOnlyList<Workload> Workloads =>
    [
        .. All<V1Deployment>().Select(one => new Workload(one.Name(), one.Spec.Replicas, one.Spec.Selector, one.Spec.Template)),
        .. All<V1StatefulSet>().Select(one => new Workload(one.Name(), one.Spec.Replicas, one.Spec.Selector, one.Spec.Template)),
    ];

    /// <summary>Those of QwenMesh itself, which run images of the Dockerfile.</summary>
    public IReadOnlyList<Workload> Services => [.. Workloads.Where(workload => workload.Labels[Workload.NameLabel] == Workload.Product)];

    public Workload Gateway => Services.Single(workload => workload.Name == Workload.Gateway);

    public IReadOnlyList<Workload> Stages => [.. Services.Where(workload => workload.Name != Workload.Gateway)];

    /// <summary>Skips the running test, with the reason, where there is no kubectl.</summary>
    public static async Task<Overlay> RequireAsync(string name)
    {
        var (text, unavailable) = await Rendered.GetOrAdd(name, key => new(() => RenderAsync(Path.Combine(Folder, "overlays", key)))).Value
            .WaitAsync(TestContext.Current.CancellationToken);
        Assert.SkipWhen(unavailable is not null, $"needs kubectl: {unavailable}");
        return new Overlay(name, text!);
    }

    /// <summary>Objects of manifests.</summary>
    /// <exception cref="YamlDotNet.Core.YamlException">A field is not of its object.</exception>
    /// <exception cref="KeyNotFoundException">A kind is not known.</exception>
    public static IReadOnlyList<object> Parse(string text) => KubernetesYaml.LoadAllFromString(text, CustomResources, strict: true);

    public IEnumerable<T> All<T>() => Objects.OfType<T>();

    /// <summary>What a service sees: of its image, of configuration, and of its own; null is a secret's value.</summary>
    public IReadOnlyDictionary<string, string?> Environment(Workload workload)
    {
        var all = ImageFile.Environment(workload.ImageTarget).ToDictionary(pair => pair.Key, pair => (string?)pair.Value, StringComparer.Ordinal);
        foreach (var source in workload.Container.EnvFrom ?? [])
        {
            foreach (var (key, value) in All<V1ConfigMap>().Single(map => map.Name() == source.ConfigMapRef.Name).Data)
            {
                all[key] = value;
            }
        }
        foreach (var variable in workload.Container.Env ?? [])
        {
            all[variable.Name] = variable.Value;
        }
        return all;
    }

    /// <summary>A setting that is a number, e.g. "Gateway__DrainSeconds".</summary>
    /// <param name="otherwise">The service's default.</param>
    public double Number(Workload workload, string key, double otherwise) =>
        Environment(workload).TryGetValue(key, out var value) ? double.Parse(value!, CultureInfo.InvariantCulture) : otherwise;

    private static async Task<(string? Text, string? Unavailable)> RenderAsync(string folder)
    {
        var script = Path.Combine(Repository.Root, "tests", "Mesh.Tests", "Cluster", "kubectl");
        using var process = Process.Start(new ProcessStartInfo(script, ["kustomize", folder]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode switch
            {
                0 => (await output, null),
                ExitUnavailable => (null, (await errors).Trim()),
                var code => throw new InvalidOperationException($"kubectl kustomize {folder} ended with {code}:\n{await errors}"),
            };
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
