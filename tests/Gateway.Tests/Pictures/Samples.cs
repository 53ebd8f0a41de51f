using System.Net;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Pictures;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Tests.Pictures;

/// <summary>Files, and readers with options of one's own.</summary>
internal static class Samples
{
    public const string Loopback = "127.0.0.1/32";

    /// <summary>A picture of one grey; the grey tells pictures apart.</summary>
    public static byte[] Png(byte grey = 90, int side = 32) =>
        new VipsEncoder().Encode(new RgbImage(side, side, Enumerable.Repeat(grey, side * side * 3).ToArray()), ImageFormat.Png);

    public static PictureReader Reader(Action<PictureOptions>? change = null, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
    {
        var options = new PictureOptions();
        change?.Invoke(options);
        Assert.Empty(options.Validate());
        var rules = new AddressRules(options.PrivateNetworks.Select(IPNetwork.Parse));
        var fetcher = new PictureFetcher(options, new CheckedConnection(rules, resolve ?? Dns.GetHostAddressesAsync));
        return new PictureReader(new VipsDecoder(), fetcher, new NothingKept(), Options.Create(options), TimeProvider.System);
    }

    public static async Task<PictureFile> ReadOneAsync(PictureReader reader, string text) =>
        Assert.Single(await reader.ReadAsync([PictureSource.Parse(text)], TestContext.Current.CancellationToken));

    public static async Task<PictureFault> RefusedAsync(PictureReader reader, string text) =>
        (await Assert.ThrowsAsync<PictureException>(() => ReadOneAsync(reader, text))).Fault;

    private sealed class NothingKept : IOwnFiles
    {
        public Task<ReadOnlyMemory<byte>?> ReadAsync(Uri address, CancellationToken cancellationToken) => Task.FromResult<ReadOnlyMemory<byte>?>(null);

        public Task<ReadOnlyMemory<byte>?> ReadAssetAsync(string owner, string id, CancellationToken cancellationToken) => Task.FromResult<ReadOnlyMemory<byte>?>(null);
    }
}
