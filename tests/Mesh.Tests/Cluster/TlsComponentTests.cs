namespace QwenMesh.Mesh.Tests.Cluster;

/// <summary>k8s/components/tls on top of an overlay.</summary>
public sealed class TlsComponentTests
{
    private const string Folder = "/etc/qwenmesh-tls";

    [Fact]
    public async Task Every_service_has_its_own_certificate_from_a_secret()
    {
        var overlay = await Overlay.RequireAsync("../../tests/Mesh.Tests/Cluster/tls");
        var readme = await File.ReadAllTextAsync(Path.Combine(Overlay.Folder, "README.md"), TestContext.Current.CancellationToken);
        Assert.Equal(4, overlay.Services.Count);
        Assert.All(overlay.Services, service =>
        {
            var settings = overlay.Environment(service).Where(setting => setting.Key.StartsWith("Tls__", StringComparison.Ordinal)).ToDictionary();
            Assert.Equal(["Tls__CaFile", "Tls__CertificateFile", "Tls__KeyFile"], settings.Keys.Order(StringComparer.Ordinal));
            Assert.All(settings, setting => Assert.Null(OptionKeys.Of(service.Service).Fault(setting.Key, setting.Value)));
            var mount = Assert.Single(service.Container.VolumeMounts, mount => mount.MountPath == Folder);
            Assert.True(mount.ReadOnlyProperty);
            Assert.Equal($"tls-{service.Name}", service.Pod.Volumes.Single(volume => volume.Name == mount.Name).Secret.SecretName);
            Assert.Contains($"`tls-{service.Name}`", readme, StringComparison.Ordinal);
            // Of the keys that the README puts into the secret.
            Assert.All(settings.Values, path => Assert.Contains($"--from-file={Path.GetRelativePath(Folder, path!)}=", readme, StringComparison.Ordinal));
            PodSecurity.AssertRestricted(service.Pod);
        });
    }

    [Fact]
    public async Task The_Gateway_calls_stages_by_the_names_of_their_Services()
    {
        var overlay = await Overlay.RequireAsync("../../tests/Mesh.Tests/Cluster/tls");
        var gateway = overlay.Environment(overlay.Gateway);
        Assert.All(overlay.Stages, stage => Assert.Equal($"dns:///{stage.Name}:{stage.Port("grpc")}", gateway[$"Stages__{stage.Service}__Addresses__0"]));
    }
}
