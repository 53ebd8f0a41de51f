namespace QwenMesh.Grpc.Tests.Interop;

/// <summary>Between channel and network: keeps the compression flags of the last response's messages.</summary>
internal sealed class FlagScanningHandler() : DelegatingHandler(new SocketsHttpHandler())
{
    public MessageFlags LastResponse { get; private set; } = new();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        var flags = new MessageFlags();
        LastResponse = flags;
        var body = new StreamContent(new FlagScanningStream(await response.Content.ReadAsStreamAsync(cancellationToken), flags));
        foreach (var (name, values) in response.Content.Headers)
        {
            body.Headers.TryAddWithoutValidation(name, values);
        }

        response.Content = body;
        return response;
    }
}
