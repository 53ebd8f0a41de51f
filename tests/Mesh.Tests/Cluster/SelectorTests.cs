using k8s.Models;

namespace QwenMesh.Mesh.Tests.Cluster;

/// <summary>Selectors select what they are meant for: pods of one kind, by labels that these pods have.</summary>
public sealed class SelectorTests
{
    public static TheoryData<string> Overlays => [.. Overlay.Names];

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task A_workload_selects_its_own_pods_alone(string name)
    {
        var overlay = await Overlay.RequireAsync(name);
        Assert.All(overlay.Workloads, workload => Assert.Equal([workload], overlay.Workloads.Where(other => workload.Selector.Matches(other.Labels))));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task A_service_leads_to_ports_of_the_workload_of_its_name(string name)
    {
        var overlay = await Overlay.RequireAsync(name);
        Assert.Equal(overlay.Workloads.Select(workload => workload.Name).Order(), overlay.All<V1Service>().Select(service => service.Name()).Order());
        Assert.All(overlay.All<V1Service>(), service =>
        {
            var workload = Assert.Single(overlay.Workloads, workload => service.Spec.Selector.Matches(workload.Labels));
            Assert.Equal(service.Name(), workload.Name);
            // Whoever looks up a name of a headless Service connects to the pod's own port.
            Assert.All(service.Spec.Ports, port => Assert.Equal(port.Port, workload.PortOf(port.TargetPort)));
        });
        Assert.All(overlay.Stages, stage => Assert.Equal("None", overlay.All<V1Service>().Single(service => service.Name() == stage.Name).Spec.ClusterIP));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task The_gateway_looks_for_stages_where_their_services_are(string name)
    {
        var overlay = await Overlay.RequireAsync(name);
        var settings = overlay.Environment(overlay.Gateway);
        Assert.All(overlay.Stages, stage =>
        {
            var service = overlay.All<V1Service>().Single(service => service.Name() == stage.Name);
            Assert.Equal(
                $"dns:///{service.Name()}:{service.Spec.Ports.Single(port => port.Name == "grpc").Port}", settings[$"Stages__{stage.Service}__Addresses__0"]);
        });
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task A_budget_lets_a_pod_be_evicted(string name)
    {
        var overlay = await Overlay.RequireAsync(name);
        Assert.All(overlay.Services, service =>
        {
            var budget = Assert.Single(overlay.All<V1PodDisruptionBudget>(), budget => budget.Spec.Selector.Matches(service.Labels));
            var fewest = overlay.All<ScaledObject>().SingleOrDefault(scaled => scaled.Spec.ScaleTargetRef.Name == service.Name)?.Spec.MinReplicaCount
                ?? service.Replicas ?? 1;
            var allowed = budget.Spec.MaxUnavailable is { } most
                ? int.Parse(most.ToString(), System.Globalization.CultureInfo.InvariantCulture)
                : fewest - int.Parse(budget.Spec.MinAvailable.ToString(), System.Globalization.CultureInfo.InvariantCulture);
            Assert.True(allowed >= 1, $"no {service.Name} can be evicted while {fewest} run");
            Assert.Equal("AlwaysAllow", budget.Spec.UnhealthyPodEvictionPolicy);
        });
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Pods_of_a_workload_are_spread_over_machines_and_zones(string name)
    {
        var overlay = await Overlay.RequireAsync(name);
        Assert.All(overlay.Services, service =>
        {
            Assert.Equal(
                ["kubernetes.io/hostname", "topology.kubernetes.io/zone"], service.Pod.TopologySpreadConstraints.Select(one => one.TopologyKey).Order(StringComparer.Ordinal));
            Assert.All(service.Pod.TopologySpreadConstraints, constraint =>
            {
                Assert.Equal([service], overlay.Workloads.Where(other => constraint.LabelSelector.Matches(other.Labels)));
                Assert.Equal("ScheduleAnyway", constraint.WhenUnsatisfiable);
            });
        });
    }
}
