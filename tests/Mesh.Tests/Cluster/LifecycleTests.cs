using System.Globalization;
using k8s.Models;

namespace QwenMesh.Mesh.Tests.Cluster;

/// <summary>Pods get the time that they need to start and to stop.</summary>
public sealed class LifecycleTests
{
    /// <summary>Of loading a released model.</summary>
    private const int LoadSeconds = 600;

    /// <summary>After the drain a stage waits ten seconds for its last block, and everybody exports telemetry (docs/operations.md).</summary>
    private const int AfterDrainSeconds = 20;

    /// <summary>For which a name server may give an old answer: kubeadm's CoreDNS has "ttl 30" and "cache 30", and so has NodeLocal DNSCache.</summary>
    private const int NameServerSeconds = 30;

    public static TheoryData<string> Overlays => [.. Overlay.Names];

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task A_pod_that_stops_can_finish_the_longest_picture(string name)
    {
        var overlay = await Overlay.RequireAsync(name);
        var gateway = overlay.Gateway;
        var longest = overlay.Number(gateway, "Gateway__GenerationTimeoutSeconds", new Gateway.GatewayOptions().GenerationTimeoutSeconds);
        var pause = overlay.Number(gateway, "Gateway__PreStopSeconds", new Gateway.GatewayOptions().PreStopSeconds);
        var drain = overlay.Number(gateway, "Gateway__DrainSeconds", new Gateway.GatewayOptions().DrainSeconds);
        Assert.True(drain >= longest);
        Assert.True(gateway.Pod.TerminationGracePeriodSeconds >= PreStopHook(gateway) + pause + drain + AfterDrainSeconds);
        Assert.All(overlay.Stages, stage =>
        {
            var stageDrain = overlay.Number(stage, "Stage__DrainSeconds", new StageHost.StageOptions().DrainSeconds);
            Assert.True(stageDrain >= longest);
            Assert.True(stage.Pod.TerminationGracePeriodSeconds >= PreStopHook(stage) + stageDrain + AfterDrainSeconds);
        });
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task A_stage_refuses_calls_only_when_gateways_know_that_it_leaves(string name)
    {
        var overlay = await Overlay.RequireAsync(name);
        var lookUp = overlay.Number(overlay.Gateway, "Stages__DnsRefreshSeconds", new Gateway.Routing.StagesOptions().DnsRefreshSeconds);
        Assert.All(overlay.Stages, stage => Assert.True(PreStopHook(stage) >= lookUp + NameServerSeconds, $"{stage.Name} refuses calls while its name still has it"));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task A_model_may_take_ten_minutes_to_load(string name)
    {
        var overlay = await Overlay.RequireAsync(name);
        Assert.All(overlay.Stages, stage =>
        {
            var window = Window(stage.Container.StartupProbe);
            Assert.True(window >= LoadSeconds, $"{stage.Name} is killed after {window} s");
            // A rollout counts as failed only when a start has; where there is no room beside the old pod, the new one is made, and waits, while that one drains.
            var deployment = overlay.All<V1Deployment>().Single(one => one.Name() == stage.Name).Spec;
            var wait = deployment.Strategy.RollingUpdate.MaxSurge.ToString() == "0" ? stage.Pod.TerminationGracePeriodSeconds : 0;
            Assert.True(deployment.ProgressDeadlineSeconds > wait + window, $"{stage.Name} has failed after {deployment.ProgressDeadlineSeconds} s");
        });
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task A_busy_pod_is_not_killed_for_a_late_answer(string name)
    {
        var overlay = await Overlay.RequireAsync(name);
        Assert.All(overlay.Services, service =>
        {
            Assert.Equal("/health/live", service.Container.LivenessProbe.HttpGet.Path);
            Assert.True(Window(service.Container.LivenessProbe) >= 60);
            Assert.Equal("/health/ready", service.Container.ReadinessProbe.HttpGet.Path);
        });
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task A_process_that_hangs_is_not_waited_for_as_one_that_draws(string name)
    {
        var overlay = await Overlay.RequireAsync(name);
        Assert.All(overlay.Services, service => Assert.InRange(service.Container.LivenessProbe.TerminationGracePeriodSeconds ?? service.Pod.TerminationGracePeriodSeconds ?? 30, 1, 60));
        // One that is only too busy to answer hands its work back.
        Assert.All(overlay.Stages, stage =>
        {
            Assert.True(stage.Container.LivenessProbe.TerminationGracePeriodSeconds > PreStopHook(stage) + new StageHost.StageOptions().HandBackSeconds);
            Assert.Equal(stage.Container.LivenessProbe.TerminationGracePeriodSeconds, stage.Container.StartupProbe.TerminationGracePeriodSeconds);
        });
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task A_new_version_replaces_pods_without_a_gap_where_there_are_two(string name)
    {
        var overlay = await Overlay.RequireAsync(name);
        Assert.All(overlay.All<V1Deployment>().Where(one => one.Spec.Replicas > 1), deployment =>
        {
            Assert.Equal("RollingUpdate", deployment.Spec.Strategy.Type);
            var unavailable = int.Parse(deployment.Spec.Strategy.RollingUpdate.MaxUnavailable.ToString(), CultureInfo.InvariantCulture);
            Assert.True(unavailable < deployment.Spec.Replicas);
        });
    }

    private static long PreStopHook(Workload workload) => workload.Container.Lifecycle?.PreStop?.Sleep?.Seconds ?? 0;

    /// <summary>Seconds after which the probe has failed.</summary>
    private static int Window(V1Probe probe) => (probe.InitialDelaySeconds ?? 0) + (probe.PeriodSeconds ?? 10) * (probe.FailureThreshold ?? 3);
}
