using System.Text.RegularExpressions;

namespace QwenMesh.Mesh.Tests.Cluster;

/// <summary>What the manifests, the images and compose.yaml set are settings that the services have.</summary>
public sealed partial class SettingTests
{
    public static TheoryData<string> Overlays => [.. Overlay.Names];

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Every_variable_of_a_pod_is_a_setting_of_its_service(string name)
    {
        var overlay = await Overlay.RequireAsync(name);
        Assert.All(overlay.Services, service =>
        {
            var settings = overlay.Environment(service).Where(variable => variable.Key.Contains("__", StringComparison.Ordinal)).ToArray();
            Assert.NotEmpty(settings);
            Assert.All(settings, setting => Assert.Null(OptionKeys.Of(service.Service).Fault(setting.Key, setting.Value)));
        });
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Ports_of_a_pod_are_those_that_its_service_listens_on(string name)
    {
        var overlay = await Overlay.RequireAsync(name);
        Assert.All(overlay.Services, service =>
        {
            var section = service.Name == Workload.Gateway ? "Gateway" : "Stage";
            var settings = overlay.Environment(service);
            Assert.Equal($"{service.Port("grpc")}", settings[$"{section}__GrpcPort"]);
            Assert.Equal($"{service.Port("http")}", settings[$"{section}__HttpPort"]);
            Assert.Equal("0.0.0.0", settings[$"{section}__BindAddress"]);
            Assert.Equal(service.Container.Ports.Select(port => port.ContainerPort).Order(), ImageFile.Ports(service.ImageTarget).Order());
        });
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Folders_that_settings_name_are_mounted(string name)
    {
        var overlay = await Overlay.RequireAsync(name);
        Assert.All(overlay.Services, service =>
        {
            var paths = overlay.Environment(service).Values.OfType<string>().Where(value => value.StartsWith('/')).ToArray();
            Assert.NotEmpty(paths);
            Assert.All(paths, path => Assert.Contains(service.Container.VolumeMounts, mount => path == mount.MountPath || path.StartsWith($"{mount.MountPath}/", StringComparison.Ordinal)));
        });
    }

    [Fact]
    public void Every_variable_of_compose_is_a_setting()
    {
        var variables = ComposeVariable().Matches(File.ReadAllText(Path.Combine(Repository.Root, "compose.yaml"))).Select(match => match.Groups["name"].Value).ToArray();
        Assert.True(variables.Length > 5);
        OptionKeys[] services = [OptionKeys.Of("Encoder"), OptionKeys.Of("Gateway")];
        Assert.All(variables, variable => Assert.Contains(services, service => service.Fault(variable, null) is null));
    }

    [Theory]
    [InlineData("Gateway", "Gateway__DrainSeconds", "900", null)]
    [InlineData("Gateway", "Stages__Models__edit__Denoiser__Addresses__0", "dns:///denoiser-edit:7002", null)]
    [InlineData("Vae", "Engine__Settings__LibraryPath", "/torch", null)]
    [InlineData("Gateway", "Gateway__DrainSecond", "900", "Gateway__DrainSecond is no setting")]
    [InlineData("Gateway", "Stage__DrainSeconds", "900", "Stage__DrainSeconds is no setting")]
    [InlineData("Encoder", "Vae__MaxPixels", "900", "Vae__MaxPixels is no setting")]
    [InlineData("Encoder", "Stage__DrainSeconds", "15m", "Stage__DrainSeconds: '15m' is no Int32")]
    public void A_setting_is_known_by_its_section_name_and_type(string service, string variable, string value, string? fault) =>
        Assert.Equal(fault, OptionKeys.Of(service).Fault(variable, value));

    [GeneratedRegex(@"^ +(?<name>\w+__\w+):", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ComposeVariable();
}
