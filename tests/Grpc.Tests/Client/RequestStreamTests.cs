using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;

namespace QwenMesh.Grpc.Tests.Client;

/// <summary>Writing to a call: order, rules, and what a writer learns when the server has had enough.</summary>
public sealed class RequestStreamTests
{
    [Fact]
    public async Task Call_reaches_the_server_before_the_first_message()
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            ScriptedServer.Begin(context);
            await context.Response.Body.WriteAsync(ScriptedServer.Frame(new StreamingOutputCallResponse { Payload = new Payload { Body = ByteString.CopyFromUtf8("first") } }));
            await context.Response.Body.FlushAsync();
            await context.Request.Body.CopyToAsync(Stream.Null);
            ScriptedServer.End(context, "0");
        });

        using var call = server.Client.FullDuplexCall();
        Assert.True(await call.ResponseStream.MoveNext().WaitAsync(CallAssert.Patience));
        Assert.Equal("first", call.ResponseStream.Current.Payload.Body.ToStringUtf8());
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext().WaitAsync(CallAssert.Patience));
    }

    [Fact]
    public async Task Misuse_of_the_writer_is_refused()
    {
        await using var server = await HangingServer.StartAsync();
        using var call = server.Client.StreamingInputCall();
        var large = new StreamingInputCallRequest { Payload = new Payload { Body = UnsafeByteOperations.UnsafeWrap(new byte[8 << 20]) } };
        var pending = call.RequestStream.WriteAsync(large);

        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync(large));
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.CompleteAsync());
        await Assert.ThrowsAsync<ArgumentNullException>(() => call.RequestStream.WriteAsync(null!));

        call.Dispose();
        await CallAssert.FailsAsync(StatusCode.Cancelled, pending);

        using var completed = server.Client.StreamingInputCall();
        await completed.RequestStream.CompleteAsync();
        await completed.RequestStream.CompleteAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => completed.RequestStream.WriteAsync(large));
    }

    [Fact]
    public async Task Misuse_of_the_reader_and_of_the_call_is_refused()
    {
        await using var server = await HangingServer.StartAsync();
        using var call = server.Client.StreamingOutputCall(new StreamingOutputCallRequest());
        var pending = call.ResponseStream.MoveNext();

        await Assert.ThrowsAsync<InvalidOperationException>(() => call.ResponseStream.MoveNext());
        Assert.Throws<InvalidOperationException>(() => call.GetStatus());
        Assert.Throws<InvalidOperationException>(() => call.GetTrailers());

        call.Dispose();
        await CallAssert.FailsAsync(StatusCode.Cancelled, pending);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Writer_of_a_duplex_call_learns_the_status_that_the_server_left_with(bool headersFirst)
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            await context.Request.BodyReader.ReadAsync();
            ScriptedServer.Begin(context);
            if (headersFirst)
            {
                await context.Response.StartAsync();
                await context.Response.Body.FlushAsync();
                ScriptedServer.End(context, "3", "wrong tensor");
            }
            else
            {
                context.Response.Headers["grpc-status"] = "3";
                context.Response.Headers["grpc-message"] = "wrong tensor";
            }
        });
        using var call = server.Client.FullDuplexCall();
        var message = new StreamingOutputCallRequest { Payload = new Payload { Body = UnsafeByteOperations.UnsafeWrap(new byte[512 << 10]) } };

        var failure = await CallAssert.FailsAsync(StatusCode.InvalidArgument, async () =>
        {
            while (true)
            {
                await call.RequestStream.WriteAsync(message);
            }
        });

        Assert.Equal("wrong tensor", failure.Status.Detail);
        await CallAssert.FailsAsync(StatusCode.InvalidArgument, () => call.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task Writer_of_a_client_streaming_call_learns_the_status_that_the_server_left_with()
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            await context.Request.BodyReader.ReadAsync();
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = "8";
        });
        using var call = server.Client.StreamingInputCall();
        var message = new StreamingInputCallRequest { Payload = new Payload { Body = UnsafeByteOperations.UnsafeWrap(new byte[512 << 10]) } };

        await CallAssert.FailsAsync(StatusCode.ResourceExhausted, async () =>
        {
            while (true)
            {
                await call.RequestStream.WriteAsync(message);
            }
        });
        await CallAssert.FailsAsync(StatusCode.ResourceExhausted, call.ResponseAsync);
    }

    [Fact]
    public async Task Server_that_is_satisfied_early_ends_the_call_with_its_response()
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            await context.Request.BodyReader.ReadAsync();
            ScriptedServer.Begin(context);
            await context.Response.Body.WriteAsync(ScriptedServer.Frame(new StreamingInputCallResponse { AggregatedPayloadSize = 7 }));
            ScriptedServer.End(context, "0");
        });
        using var call = server.Client.StreamingInputCall();
        await call.RequestStream.WriteAsync(new StreamingInputCallRequest());

        Assert.Equal(7, (await call.ResponseAsync.WaitAsync(CallAssert.Patience)).AggregatedPayloadSize);
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync(new StreamingInputCallRequest()));
    }

    [Fact]
    public async Task Sent_limit_refuses_the_message_and_leaves_a_stream_alive()
    {
        await using var server = await ScriptedServer.StartAsync(
            async context =>
            {
                await context.Request.Body.CopyToAsync(Stream.Null);
                ScriptedServer.Begin(context);
                await context.Response.Body.WriteAsync(ScriptedServer.Frame(new StreamingInputCallResponse()));
                ScriptedServer.End(context, "0");
            },
            new GrpcChannelOptions { MaxSendMessageSize = 1000 });
        var large = new Payload { Body = ByteString.CopyFrom(new byte[1000]) };

        await CallAssert.FailsAsync(StatusCode.ResourceExhausted, server.Client.UnaryCallAsync(new SimpleRequest { Payload = large }).ResponseAsync);

        using var call = server.Client.StreamingInputCall();
        await CallAssert.FailsAsync(
            StatusCode.ResourceExhausted, () => call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = large }));
        await call.RequestStream.WriteAsync(new StreamingInputCallRequest());
        await call.RequestStream.CompleteAsync();
        Assert.NotNull(await call.ResponseAsync.WaitAsync(CallAssert.Patience));
    }

    [Fact]
    public async Task Many_messages_of_all_sizes_arrive_whole_and_in_order()
    {
        await using var server = await Interop.InteropHost.StartAsync();
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{server.Port}");
        using var call = new TestService.TestServiceClient(channel).FullDuplexCall();
        var random = new Random(7);
        var sizes = Enumerable.Range(0, 200).Select(_ => random.Next(4) == 0 ? random.Next(700_000) : random.Next(300)).ToArray();

        var writing = Task.Run(async () =>
        {
            foreach (var size in sizes)
            {
                call.RequestStream.WriteOptions = new WriteOptions(size % 2 == 0 ? WriteFlags.BufferHint : default);
                await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { ResponseParameters = { new ResponseParameters { Size = size } } });
            }

            await call.RequestStream.CompleteAsync();
        });

        var received = new List<int>();
        await foreach (var response in call.ResponseStream.ReadAllAsync())
        {
            received.Add(response.Payload.Body.Length);
        }

        await writing;
        Assert.Equal(sizes, received);
    }
}
