using System.Net;
using Grpc.Wire;

namespace Grpc.Net.Client.Content;

/// <summary>The body of a call's request.</summary>
internal abstract class CallContent : HttpContent
{
    protected CallContent()
    {
        Headers.TryAddWithoutValidation(WireHeaders.ContentType, WireHeaders.GrpcContentType);
    }

    /// <summary>True once the last byte was handed to the connection.</summary>
    public bool IsSent { get; private set; }

    /// <summary>The call has ended; nothing more will be written.</summary>
    public virtual void Abandon()
    {
    }

    protected override bool TryComputeLength(out long length)
    {
        length = -1;
        return false;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await SendAsync(stream, cancellationToken).ConfigureAwait(false);
        IsSent = true;
    }

    protected abstract Task SendAsync(Stream stream, CancellationToken cancellationToken);
}
