using System.Net;
using Microsoft.Extensions.Options;
using QwenMesh.ServiceDefaults;

namespace QwenMesh.Gateway.Pictures;

/// <summary>Registers what reads the pictures of requests.</summary>
internal static class PictureReading
{
    public static void AddPictureReading(this IServiceCollection services)
    {
        services.AddValidatedOptions<PictureOptions>(PictureOptions.Section, options => options.Validate());
        services.AddSingleton(provider => new PictureFetcher(provider.GetRequiredService<IOptions<PictureOptions>>().Value, Connection(provider)));
        services.AddSingleton<PictureReader>();
    }

    private static CheckedConnection Connection(IServiceProvider provider)
    {
        var networks = provider.GetRequiredService<IOptions<PictureOptions>>().Value.PrivateNetworks.Select(IPNetwork.Parse);
        return new CheckedConnection(new AddressRules(networks), Dns.GetHostAddressesAsync);
    }
}
