using k8s;
using k8s.Models;
using YamlDotNet.Core;

namespace QwenMesh.Mesh.Tests.Cluster;

/// <summary>Manifests are what Kubernetes takes: rendered by kubectl, and read by its client without a field that is not there.</summary>
public sealed class ManifestTests
{
    public static TheoryData<string> Overlays => [.. Overlay.Names];

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Every_object_of_an_overlay_is_one_of_Kubernetes(string name)
    {
        var overlay = await Overlay.RequireAsync(name);
        Assert.Equal(overlay.Text.Split("\n---\n").Length, overlay.Objects.Count);
        Assert.All(overlay.Objects.Cast<IKubernetesObject<V1ObjectMeta>>().Where(one => one is not V1Namespace), one =>
            Assert.Equal("qwenmesh", one.Metadata.NamespaceProperty));
        var twice = overlay.Objects.Cast<IKubernetesObject<V1ObjectMeta>>().GroupBy(one => (one.Kind, one.Metadata.Name)).Where(group => group.Count() > 1);
        Assert.Empty(twice);
        Assert.Equal(["denoiser", "encoder", "gateway", "vae"], overlay.Services.Select(one => one.Name).Order());
    }

    [Fact]
    public async Task Manifests_that_belong_to_no_overlay_are_objects_of_Kubernetes_too()
    {
        var upload = Assert.IsType<V1Pod>(Assert.Single(Overlay.Parse(await File.ReadAllTextAsync(
            Path.Combine(Overlay.Folder, "overlays", "gpu", "upload.yaml"), TestContext.Current.CancellationToken))));
        var gpu = await Overlay.RequireAsync("gpu");
        var claims = gpu.All<V1PersistentVolumeClaim>().Select(claim => claim.Name());
        Assert.Contains(Assert.Single(upload.Spec.Volumes).PersistentVolumeClaim.ClaimName, claims);
        PodSecurity.AssertRestricted(upload.Spec);
    }

    [Fact]
    public async Task The_model_is_there_before_the_stages_look_for_it()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(Overlay.Folder, "README.md"), TestContext.Current.CancellationToken);
        // A claim for the pod, the pod, which has to run before anything is copied into it, and only then the stages.
        string[] commands = ["apply -f k8s/overlays/gpu/models.yaml", "apply -f k8s/overlays/gpu/upload.yaml", "wait --for=condition=Ready pod/upload", " cp Qwen-Image upload:", "apply -k k8s/overlays/gpu "];
        var places = commands.Select(command => readme.IndexOf(command, StringComparison.Ordinal)).ToArray();
        Assert.DoesNotContain(-1, places);
        Assert.Equal(places.Order(), places);
    }

    [Theory]
    [InlineData("progressDeadlineSeconds:", "progressDeadlineSecond:")]
    [InlineData("topologyKey:", "topologykey:")]
    [InlineData("scaleTargetRef:", "scaleTarget:")]
    [InlineData("jobLabel:", "joblabel:")]
    public async Task A_field_that_is_misspelt_is_refused(string field, string misspelt)
    {
        var overlay = await Overlay.RequireAsync("keda");
        Assert.Contains(field, overlay.Text, StringComparison.Ordinal);
        Assert.Throws<YamlException>(() => Overlay.Parse(overlay.Text.Replace(field, misspelt, StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task What_pods_mount_and_read_is_there(string name)
    {
        var overlay = await Overlay.RequireAsync(name);
        var claims = overlay.All<V1PersistentVolumeClaim>().Select(claim => claim.Name()).ToArray();
        var maps = overlay.All<V1ConfigMap>().Select(map => map.Name()).ToArray();
        Assert.All(overlay.Workloads, workload =>
        {
            var volumes = (workload.Pod.Volumes ?? []).Select(volume => volume.Name)
                .Concat(overlay.All<V1StatefulSet>().Where(set => set.Name() == workload.Name).SelectMany(set => set.Spec.VolumeClaimTemplates).Select(claim => claim.Name()))
                .ToArray();
            var containers = workload.Pod.Containers.Concat(workload.Pod.InitContainers ?? []).ToArray();
            Assert.All(containers.SelectMany(container => container.VolumeMounts), mount => Assert.Contains(mount.Name, volumes));
            Assert.All((workload.Pod.Volumes ?? []).Where(volume => volume.PersistentVolumeClaim is not null), volume =>
                Assert.Contains(volume.PersistentVolumeClaim.ClaimName, claims));
            Assert.All(containers.SelectMany(container => container.EnvFrom ?? []), source => Assert.Contains(source.ConfigMapRef.Name, maps));
        });
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Images_are_the_Dockerfiles_targets(string name)
    {
        var overlay = await Overlay.RequireAsync(name);
        Assert.All(overlay.Services, service =>
        {
            Assert.Equal(service.Name, service.ImageTarget);
            Assert.Contains(service.ImageTarget, ImageFile.Targets);
            Assert.All(service.Pod.InitContainers ?? [], container => Assert.Contains(Workload.TargetOf(container.Image), ImageFile.Targets));
            Assert.Equal($"{service.Pod.SecurityContext.RunAsUser}:{service.Pod.SecurityContext.RunAsGroup}", ImageFile.User(service.ImageTarget));
        });
    }
}
