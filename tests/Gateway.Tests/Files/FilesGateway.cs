using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Files;

/// <summary>A Gateway without stages that keeps files in a folder of its own, at a time that can be shifted.</summary>
internal sealed class FilesGateway : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;

    private FilesGateway(TemporaryFolder folder, GatewayHost host, ShiftedTime time)
    {
        (_folder, Host, Time) = (folder, host, time);
    }

    public GatewayHost Host { get; }

    public ShiftedTime Time { get; }

    public string Folder => _folder.Path;

    public IBlobStore Blobs => Host.Services.GetRequiredService<IBlobStore>();

    public FileUrls Urls => Host.Services.GetRequiredService<FileUrls>();

    public Uploads Uploads => Host.Services.GetRequiredService<Uploads>();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static async Task<FilesGateway> StartAsync(Dictionary<string, string?>? settings = null, Action<IServiceCollection>? services = null)
    {
        var (folder, time) = (new TemporaryFolder(), new ShiftedTime());
        var all = new Dictionary<string, string?>(settings ?? []) { ["Files:Folder"] = folder.Path };
        var host = await GatewayHost.StartAsync(all, added =>
        {
            added.AddSingleton<TimeProvider>(time);
            services?.Invoke(added);
        });
        return new FilesGateway(folder, host, time);
    }

    /// <summary>Keeps a file and gives out its path.</summary>
    public async Task<string> KeepAsync(string key, byte[] bytes, string mediaType = "image/png")
    {
        await Blobs.PutAsync(key, bytes, mediaType, Stop);
        return await Urls.ForAsync("", key, mediaType, null, Stop);
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        using var message = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = content };
        foreach (var (name, value) in headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }
        return await Host.Http.SendAsync(message, Stop);
    }

    public Task<HttpResponseMessage> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, path, null, headers);

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        _folder.Dispose();
    }
}
