using System.Net;
using System.Net.Sockets;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Pictures;

/// <summary>
/// Fetches pictures from addresses that clients give. No proxy, cookies, credentials or trace headers; redirects are followed here, so that each
/// is checked as the first address was.
/// </summary>
internal sealed class PictureFetcher : IDisposable
{
    private const int Chunk = 64 << 10;
    private const int SniffedBytes = 12;

    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(1);

    private readonly HttpMessageInvoker _client;
    private readonly PictureOptions _options;

    public PictureFetcher(PictureOptions options, CheckedConnection connection)
    {
        _options = options;
        _client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = connection.ConnectAsync,
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            Credentials = null,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            MaxResponseDrainSize = 0,
            PooledConnectionLifetime = ConnectionLifetime,
        });
    }

    /// <param name="address">What the client gave.</param>
    /// <param name="budget">Bytes that the request's pictures may still have.</param>
    /// <param name="cancellationToken">Ends when the time for fetching is over.</param>
    /// <exception cref="PictureException">The picture is refused or could not be fetched.</exception>
    public async Task<ReadOnlyMemory<byte>> FetchAsync(Uri address, ByteBudget budget, CancellationToken cancellationToken)
    {
        try
        {
            for (var redirects = 0; ; redirects++)
            {
                CheckAddress(address);
                using var request = new HttpRequestMessage(HttpMethod.Get, address);
                request.Headers.TryAddWithoutValidation("Accept", "image/png, image/jpeg, image/webp, image/gif");
                request.Headers.TryAddWithoutValidation("User-Agent", "QwenMesh");
                using var response = await _client.SendAsync(request, cancellationToken);
                if (RedirectOf(response) is not { } location)
                {
                    return await ReadAsync(response, budget, cancellationToken);
                }
                if (redirects == _options.MaxRedirects)
                {
                    throw new PictureException(PictureFaultKind.Unreachable, $"the address of the picture redirects more than {_options.MaxRedirects} times");
                }
                address = new Uri(address, location);
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException or UriFormatException or InvalidOperationException)
        {
            // The handler wraps what the connection threw.
            throw exception.InnerException as PictureException
                ?? new PictureException(PictureFaultKind.Unreachable, "the picture could not be fetched from its address", exception);
        }
    }

    public void Dispose() => _client.Dispose();

    private void CheckAddress(Uri address)
    {
        if (!_options.SchemeList.Contains(address.Scheme, StringComparer.OrdinalIgnoreCase))
        {
            var fetched = _options.SchemeList.Length == 0 ? "addresses are not fetched" : $"fetched are {string.Join(" and ", _options.SchemeList)}";
            throw new PictureException(PictureFaultKind.UnsupportedReference, $"the address of the picture has a scheme that is not fetched; {fetched}");
        }
        if (address.UserInfo.Length > 0)
        {
            throw new PictureException(PictureFaultKind.UnsupportedReference, "the address of the picture carries a user name or password, which are not sent");
        }
    }

    private static Uri? RedirectOf(HttpResponseMessage response) =>
        response.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
            or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect
            ? response.Headers.Location
            : null;

    private async Task<ReadOnlyMemory<byte>> ReadAsync(HttpResponseMessage response, ByteBudget budget, CancellationToken cancellationToken)
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new PictureException(PictureFaultKind.Unreachable, $"the address of the picture answers with status {(int)response.StatusCode}");
        }
        _options.CheckFile(response.Content.Headers.ContentLength ?? 0);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        using var file = new MemoryStream(); // Grows with what arrives, not with what is announced.
        var chunk = new byte[Chunk];
        int read;
        while ((read = await body.ReadAsync(chunk, cancellationToken)) > 0)
        {
            budget.Take(read);
            _options.CheckFile(file.Length + read);
            file.Write(chunk, 0, read);
            if (file.Length >= SniffedBytes && file.Length - read < SniffedBytes && ImageFormats.Sniff(file.GetBuffer()) is null)
            {
                break; // No use in the rest: the decoder tells from these bytes what it is not.
            }
        }
        return file.GetBuffer().AsMemory(0, (int)file.Length);
    }
}
