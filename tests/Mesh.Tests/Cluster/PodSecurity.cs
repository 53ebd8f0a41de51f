using k8s.Models;

namespace QwenMesh.Mesh.Tests.Cluster;

/// <summary>Kubernetes' Pod Security Standard "restricted", and a root that cannot be written to.</summary>
internal static class PodSecurity
{
    public static void AssertRestricted(V1PodSpec pod)
    {
        Assert.False(pod.AutomountServiceAccountToken);
        Assert.False(pod.HostNetwork ?? pod.HostPID ?? pod.HostIPC ?? false);
        Assert.True(pod.SecurityContext.RunAsNonRoot);
        Assert.True(pod.SecurityContext.RunAsUser > 0);
        Assert.Equal("RuntimeDefault", pod.SecurityContext.SeccompProfile.Type);
        Assert.All(pod.Volumes ?? [], volume => Assert.True(
            (volume.EmptyDir ?? volume.PersistentVolumeClaim ?? (object?)volume.Secret) is not null, $"the volume {volume.Name} is of another kind"));
        Assert.All(pod.Containers.Concat(pod.InitContainers ?? []), container =>
        {
            Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
            Assert.False(container.SecurityContext.Privileged ?? false);
            Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
            Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
            Assert.Empty(container.SecurityContext.Capabilities.Add ?? []);
            Assert.All(container.Ports ?? [], port => Assert.Null(port.HostPort));
        });
    }
}
