using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using QwenMesh.Gateway.Pictures;

namespace QwenMesh.Gateway.Webhooks;

/// <summary>
/// Posts to addresses that clients give: every address that a host resolves to is checked, redirects are not followed, and no proxy, cookies, credentials or
/// trace headers are sent. Of an answer only the status counts.
/// </summary>
internal sealed class WebhookClient : IDisposable
{
    // What is read of an answer's body so that its connection can be used again; a longer one costs its connection.
    private const int MaxDrainedBytes = 4096;
    private const int MaxHeaderKilobytes = 16;

    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(1);

    private readonly WebhookAddresses _addresses;
    private readonly HttpMessageInvoker _client;

    public WebhookClient(WebhookAddresses addresses, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
    {
        _addresses = addresses;
        _client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = new CheckedConnection(addresses.Rules, resolve).ConnectAsync,
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            Credentials = null,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            MaxResponseDrainSize = MaxDrainedBytes,
            ResponseDrainTimeout = DrainTime,
            MaxResponseHeadersLength = MaxHeaderKilobytes,
            PooledConnectionLifetime = ConnectionLifetime,
        });
    }

    /// <summary>Posts a message; null when the receiver has taken it.</summary>
    /// <param name="address">What the client gave.</param>
    /// <param name="message">What is told.</param>
    /// <param name="timeout">Until the status of the answer.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <exception cref="OperationCanceledException">It was ended early.</exception>
    public async Task<WebhookFault?> PostAsync(string address, WebhookMessage message, TimeSpan timeout, CancellationToken cancellationToken)
    {
        // The rules may have changed since the job was submitted.
        if (_addresses.Check(address) is { } reason)
        {
            return new WebhookFault($"the address {reason}", IsFinal: true);
        }
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(timeout < IWebhookForm.MaxTimeout ? timeout : IWebhookForm.MaxTimeout);
        try
        {
            using var request = Request(address, message);
            using var response = await _client.SendAsync(request, bound.Token);
            return Fault(response.StatusCode);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new WebhookFault("no answer in time", IsFinal: false);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException or InvalidOperationException)
        {
            return exception.InnerException is PictureException
                ? new WebhookFault("the address leads to a network that is not called", IsFinal: true)
                : new WebhookFault($"no connection, or none that lasts: {exception.Message}", IsFinal: false);
        }
    }

    public void Dispose() => _client.Dispose();

    private static HttpRequestMessage Request(string address, WebhookMessage message)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ReadOnlyMemoryContent(message.Body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation("User-Agent", "QwenMesh");
        foreach (var (name, value) in message.Headers)
        {
            if (name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase))
            {
                request.Content.Headers.Remove(name);
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
            else
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }
        return request;
    }

    // 410 is how a receiver says that nothing more shall come.
    private static WebhookFault? Fault(HttpStatusCode status) => (int)status is >= 200 and < 300
        ? null
        : new WebhookFault($"status {(int)status}", IsFinal: status == HttpStatusCode.Gone);
}

/// <param name="Reason">For the log and the store.</param>
/// <param name="IsFinal">No further attempt would do better.</param>
internal sealed record WebhookFault(string Reason, bool IsFinal);
