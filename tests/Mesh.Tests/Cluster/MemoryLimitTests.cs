using k8s.Models;

namespace QwenMesh.Mesh.Tests.Cluster;

/// <summary>Containers may have the memory that the services' own bounds allow them: beyond its limit a process is killed with all that it draws.</summary>
public sealed class MemoryLimitTests
{
    /// <summary>.NET gives three quarters of a container's memory to the managed heap.</summary>
    private const double HeapShare = 0.75;

    /// <summary>What a service has at work without what it keeps for others: the least of k8s/README.md, Measured.</summary>
    private const long Working = 128L << 20;

    public static TheoryData<string> Overlays => [.. Overlay.Names];

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task The_Gateway_holds_its_tensors_its_bodies_and_two_requests_pictures_at_a_time(string name)
    {
        var overlay = await Overlay.RequireAsync(name);
        var gateway = overlay.Gateway;
        var pixels = overlay.Number(gateway, "Gateway__Pictures__MaxTotalPixels", new Gateway.Pictures.PictureOptions().MaxTotalPixels);
        var bodies = overlay.Number(gateway, "Gateway__MaxBodyMemoryBytes", new Gateway.Dialects.DialectOptions().MaxBodyMemoryBytes);
        Assert.True(Heap(gateway) >= Artifacts(overlay) + bodies + (2 * 3 * pixels) + Working);
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Stages_hold_the_pictures_of_a_Gateways_edits_which_wait_there(string name)
    {
        var overlay = await Overlay.RequireAsync(name);
        var cache = new Encoder.EncoderOptions().CacheBytes;
        Assert.All(overlay.Stages.Where(stage => stage.Name != "denoiser"), stage =>
            Assert.True(Heap(stage) >= Artifacts(overlay) + (stage.Name == "encoder" ? cache : 0) + Working, $"{stage.Name} is killed by what its callers may send"));
    }

    private static double Heap(Workload workload) => HeapShare * (double)workload.Container.Resources.Limits["memory"].ToDecimal();

    private static double Artifacts(Overlay overlay) =>
        overlay.Number(overlay.Gateway, "Gateway__ArtifactBytes", new Gateway.GatewayOptions().ArtifactBytes);
}
