using Google.Protobuf;
using Grpc.Core;

namespace QwenMesh.Grpc.Tests.Server;

/// <summary>Does what the text of a request says, so that tests can drive every way a handler may behave.</summary>
internal sealed class ProbeService(ProbeState state) : Probe.ProbeBase
{
    public override async Task<ProbeMessage> Echo(ProbeMessage request, ServerCallContext context)
    {
        switch (request.Text)
        {
            case "throw":
                throw new InvalidOperationException("broken inside");
            case "throw-status":
                throw new RpcException(
                    new Status(StatusCode.FailedPrecondition, "naïve % reason\r\n"), new Metadata { { "why", "because" }, { "why-bin", [0, 255] } });
            case "throw-bad-trailer":
                throw new RpcException(new Status(StatusCode.Aborted, "gone"), new Metadata { { "bad", "line\nbreak" }, { "good", "yes" } });
            case "status":
                context.Status = new Status(StatusCode.AlreadyExists, "set by the handler");
                break;
            case "null":
                return null!;
            case "trailers":
                context.ResponseTrailers.Add("grpc-status", "7");
                context.ResponseTrailers.Add("after", "wards");
                break;
            case "headers":
                await context.WriteResponseHeadersAsync(new Metadata { { "early", "bird" }, { "early-bin", [1, 2, 3] } });
                break;
            case "headers-twice":
                await context.WriteResponseHeadersAsync([]);
                await context.WriteResponseHeadersAsync([]);
                break;
            case "gzip":
                await context.WriteResponseHeadersAsync(new Metadata { { "grpc-internal-encoding-request", "gzip" } });
                break;
            case "no-compress":
                context.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
                break;
            case "metadata":
                return new ProbeMessage { Text = string.Join('\n', context.RequestHeaders.Select(entry => entry.ToString())) };
            case "context":
                return new ProbeMessage { Text = $"{context.Method}|{context.Host}|{context.Peer}|{context.Deadline:O}|{context.GetHttpContext().Request.Path}" };
            case "hang":
                state.Entered();
                await state.Released;
                break;
            case "wait":
                state.Entered();
                await WaitAsync(context.CancellationToken);
                break;
            case "wait-badly":
                context.CancellationToken.Register(() => throw new InvalidOperationException("a callback that throws"));
                await WaitAsync(context.CancellationToken);
                break;
            case "grow":
                return new ProbeMessage { Data = ByteString.CopyFrom(new byte[request.Count]) };
        }

        return request;
    }

    public override async Task<ProbeMessage> Join(IAsyncStreamReader<ProbeMessage> requestStream, ServerCallContext context)
    {
        var data = new MemoryStream();
        var count = 0;
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            count++;
            request.Data.WriteTo(data);
            if (request.Text == "enough")
            {
                break;
            }
        }

        return new ProbeMessage { Count = count, Data = ByteString.CopyFrom(data.ToArray()) };
    }

    public override async Task Repeat(ProbeMessage request, IServerStreamWriter<ProbeMessage> responseStream, ServerCallContext context)
    {
        for (var i = 0; i < request.Count; i++)
        {
            await responseStream.WriteAsync(request);
            state.Wrote();
        }

        switch (request.Text)
        {
            case "then-throw":
                throw new RpcException(new Status(StatusCode.DataLoss, "lost"), new Metadata { { "lost", "much" } });
            case "then-wait":
                state.Entered();
                await WaitAsync(context.CancellationToken);
                break;
        }
    }

    public override async Task Chat(
        IAsyncStreamReader<ProbeMessage> requestStream, IServerStreamWriter<ProbeMessage> responseStream, ServerCallContext context)
    {
        state.Entered();
        try
        {
            while (await requestStream.MoveNext(context.CancellationToken))
            {
                await responseStream.WriteAsync(requestStream.Current, CancellationToken.None);
            }
        }
        catch (Exception exception)
        {
            state.Left(exception);
            throw;
        }
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }
        catch (OperationCanceledException exception)
        {
            state.Left(exception);
            throw;
        }
    }
}
