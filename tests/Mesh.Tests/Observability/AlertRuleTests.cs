using System.Diagnostics;
using System.Text.RegularExpressions;
using k8s.Models;
using QwenMesh.Mesh.Tests.Cluster;

namespace QwenMesh.Mesh.Tests.Observability;

/// <summary>The alerts fire when they should and not when they should not, and each has its section in docs/alerts.md.</summary>
public sealed partial class AlertRuleTests
{
    private const string Page = "docs/alerts.md";

    [Fact]
    public async Task Prometheus_accepts_the_rules()
    {
        var (exitCode, output) = await PrometheusProgram.RunAsync("promtool", "check", "rules", ObservabilityFiles.Rules);
        Assert.True(exitCode == 0, output);
        Assert.Contains($"{ObservabilityFiles.Alerts.Count} rules found", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_alert_fires_and_stays_silent_as_its_tests_say()
    {
        var (exitCode, output) = await PrometheusProgram.RunAsync("promtool", "test", "rules", ObservabilityFiles.UnitTests);
        Assert.True(exitCode == 0, output);
    }

    [Fact]
    public void Every_alert_has_a_test_in_which_it_fires_and_one_in_which_it_does_not()
    {
        var tested = File.ReadAllLines(ObservabilityFiles.UnitTests).Where(line => line.Contains("alertname:", StringComparison.Ordinal)).ToArray();
        Assert.All(ObservabilityFiles.Alerts, alert =>
        {
            var own = tested.Where(line => Regex.IsMatch(line, $@"alertname: {alert.Alert}\b", RegexOptions.None, TimeSpan.FromSeconds(1))).ToArray();
            Assert.Contains(own, line => line.Contains("exp_alerts: []", StringComparison.Ordinal));
            Assert.Contains(own, line => !line.Contains("exp_alerts: []", StringComparison.Ordinal));
        });
    }

    [Fact]
    public void Every_alert_is_of_a_namespace_by_which_it_is_routed()
    {
        var expected = File.ReadAllLines(ObservabilityFiles.UnitTests).Where(line => line.Contains("exp_labels:", StringComparison.Ordinal)).ToArray();
        Assert.True(expected.Length >= ObservabilityFiles.Alerts.Count);
        Assert.All(expected, line => Assert.Contains("namespace: ", line, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_alert_says_what_is_the_matter_and_where_to_read_on()
    {
        var sections = Section().Matches(File.ReadAllText(Path.Combine(Repository.Root, Page))).Select(match => match.Groups["name"].Value).ToArray();
        Assert.Equal(ObservabilityFiles.Alerts.Select(alert => alert.Alert).Order(StringComparer.Ordinal), sections.Order(StringComparer.Ordinal));
        Assert.All(ObservabilityFiles.Alerts, alert =>
        {
            Assert.Equal(["description", "runbook_url", "summary"], alert.Annotations.Keys.Order(StringComparer.Ordinal));
            Assert.Equal($"{Page}#{alert.Alert.ToLowerInvariant()}", alert.Annotations["runbook_url"]);
            Assert.Contains(alert.Labels["severity"], (string[])["critical", "warning"]);
        });
    }

    [Fact]
    public async Task The_operators_manifest_is_made_of_the_rules()
    {
        using var render = Process.Start(new ProcessStartInfo(Path.Combine(ObservabilityFiles.Folder, "render")) { RedirectStandardOutput = true })!;
        var made = await render.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        await render.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        Assert.Equal(0, render.ExitCode);
        Assert.Equal(made, await File.ReadAllTextAsync(Path.Combine(ObservabilityFiles.Folder, "prometheus-rule.yaml"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Kustomize_brings_the_rules_and_every_dashboard()
    {
        var rendered = await Overlay.RequireAsync("../observability");
        var rule = Assert.Single(rendered.All<PrometheusRule>());
        Assert.Equal(Workload.Product, rule.Metadata.NamespaceProperty);
        Assert.Equal(ObservabilityFiles.Alerts.Select(alert => alert.Expr), rule.Spec.Groups.SelectMany(group => group.Rules).Select(alert => alert.Expr));
        var dashboards = Assert.Single(rendered.All<V1ConfigMap>());
        Assert.Equal("1", dashboards.Metadata.Labels["grafana_dashboard"]);
        var files = Directory.GetFiles(Path.Combine(ObservabilityFiles.Folder, "dashboards"));
        Assert.NotEmpty(files);
        Assert.Equal(files.Length, dashboards.Data.Count);
        Assert.All(files, file => Assert.Equal(File.ReadAllText(file), dashboards.Data[Path.GetFileName(file)]));
    }

    [GeneratedRegex(@"^## (?<name>\w+)$", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Section();
}
