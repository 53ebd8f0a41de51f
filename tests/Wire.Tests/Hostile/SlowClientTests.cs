using Grpc.Core;
using QwenMesh.Testing;
using QwenMesh.Wire.Tests.Calls;
using QwenMesh.Wire.Tests.Hosting;
using QwenMesh.Wire.Tests.Raw;

namespace QwenMesh.Wire.Tests.Hostile;

/// <summary>Clients that begin and do not go on. They hold neither a place in the queue nor the slot that computes.</summary>
public sealed class SlowClientTests(MeshHost mesh)
{
    private const string Vae = "Vae";
    private const string Gateway = "the Gateway's Denoiser";

    public static TheoryData<string> Ports => [Vae, Gateway];

    [Theory]
    [MemberData(nameof(Ports))]
    public async Task Connections_that_say_nothing_or_half_of_something_keep_nobody_out(string port)
    {
        var target = Target.Of(mesh, port);
        var connections = new List<RawHttp2>();
        try
        {
            for (var i = 0; i < 100; i++)
            {
                var connection = await RawHttp2.OpenAsync(target.Address);
                connections.Add(connection);
                await connection.SendBytesAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8[..(i % 25)].ToArray());
            }
            for (var i = 0; i < 100; i++)
            {
                var connection = await RawHttp2.ConnectAsync(target.Address);
                connections.Add(connection);
                var headers = RawHttp2.Frame(RawHttp2.Headers, RawHttp2.EndHeaders, 1, 200, RawHttp2.CallHeaders(target.Path));
                await connection.SendBytesAsync(headers[..(i % 100)]);
            }
            await target.StillServesAsync(mesh);
        }
        finally
        {
            connections.ForEach(connection => connection.Dispose());
        }
        await target.StillServesAsync(mesh);
    }

    [Theory]
    [MemberData(nameof(Ports))]
    public async Task Calls_that_stop_in_the_middle_hold_no_place(string port)
    {
        var target = Target.Of(mesh, port);
        var gate = (port == Vae ? mesh.Vae : mesh.Denoiser).Gate;
        using (var connection = await RawHttp2.ConnectAsync(target.Address))
        {
            for (var i = 0; i < 20; i++)
            {
                await connection.StartCallAsync((2 * i) + 1, target.Path);
                await connection.SendDataAsync((2 * i) + 1, target.Body.AsMemory(0, 500 + i), end: false);
            }
            await Eventually.TrueAsync(() => gate.Receiving == 20, "all calls have begun");
            Assert.Equal((0, 0, 0), (gate.Admitted, gate.Running, gate.Waiting));
            using var calls = new RawCalls(target.Address);
            Assert.True((await calls.SendAsync(target.Path, target.Body)).IsOk);
        }
        await target.StillServesAsync(mesh);
    }

    /// <summary>As many as the stage takes on together, 65, without a deadline.</summary>
    [Theory]
    [MemberData(nameof(Ports))]
    public async Task Calls_that_never_begin_keep_nobody_out(string port)
    {
        var target = Target.Of(mesh, port);
        var gate = (port == Vae ? mesh.Vae : mesh.Denoiser).Gate;
        using (var connection = await RawHttp2.ConnectAsync(target.Address))
        {
            for (var i = 0; i < 65; i++)
            {
                await connection.StartCallAsync((2 * i) + 1, target.Path);
            }
            await Eventually.TrueAsync(() => gate.Receiving == 65, "all calls have begun");
            Assert.Equal(0, gate.Admitted);
            using var calls = new RawCalls(target.Address);
            var reply = await calls.SendAsync(target.Path, target.Body);
            Assert.True(reply.IsOk, reply.ToString());
        }
        await target.StillServesAsync(mesh);
    }

    /// <summary>Calls that send their input have a limit of their own.</summary>
    [Fact]
    public async Task Of_calls_that_never_go_on_there_are_only_so_many()
    {
        await using var vae = await TestStage.VaeAsync("--Stage:MaxReceivingCalls=3");
        var target = Target.Of(mesh, Vae) with { Address = vae.Grpc };
        using var calls = new RawCalls(vae.Grpc);
        using (var connection = await RawHttp2.ConnectAsync(vae.Grpc))
        {
            foreach (var stream in (int[])[1, 3, 5])
            {
                await connection.StartCallAsync(stream, target.Path);
            }
            // Only now: a call that comes before the three are there takes the place of one of them.
            await Eventually.TrueAsync(() => vae.Gate.Receiving == 3, "three calls send their input");
            Assert.Equal((int)StatusCode.ResourceExhausted, (await calls.SendAsync(target.Path, target.Body)).Status);
        }
        await vae.IdleAsync();
        var reply = await calls.SendAsync(target.Path, target.Body);
        Assert.True(reply.IsOk, reply.ToString());
    }

    /// <summary>Calls that have sent nothing; the parameters; the parameters, a header and a part of a chunk.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(500)]
    public async Task A_call_that_never_goes_on_is_ended(int bytes)
    {
        await using var vae = await TestStage.VaeAsync("--Stage:InputTimeoutSeconds=1");
        var target = Target.Of(mesh, Vae) with { Address = vae.Grpc };
        using var connection = await RawHttp2.ConnectAsync(vae.Grpc);
        await connection.StartCallAsync(1, target.Path);
        await connection.SendDataAsync(1, target.Body.AsMemory(0, bytes), end: false);
        Assert.Equal((int)StatusCode.DeadlineExceeded, (await connection.EndOfAsync(1)).Status);
        await vae.IdleAsync();
    }

    /// <summary>One byte a frame is slow, and still a good call.</summary>
    [Theory]
    [MemberData(nameof(Ports))]
    public async Task A_call_may_come_byte_by_byte(string port)
    {
        var target = Target.Of(mesh, port);
        using var connection = await RawHttp2.ConnectAsync(target.Address, window: 1 << 20);
        await connection.StartCallAsync(1, target.Path);
        foreach (var value in target.Body)
        {
            await connection.SendAsync(RawHttp2.Data, 0, 1, [value]);
        }
        await connection.SendAsync(RawHttp2.Data, RawHttp2.EndStream, 1, []);
        // The connection's own window lets the first 64 KiB of the answer through.
        await connection.SendAsync(RawHttp2.WindowUpdate, 0, 0, RawHttp2.BigEndian(1 << 20));
        Assert.True((await connection.EndOfAsync(1)).IsOk);
        await mesh.IdleAsync();
    }

    /// <summary>The answers, 3 MiB each, are computed one after the other although nobody takes them.</summary>
    [Fact]
    public async Task Clients_that_do_not_read_hold_no_slot()
    {
        var target = Target.Of(mesh, Vae);
        var body = MessageFrames.Of(Requests.Decode(cells: 32));
        using (var connection = await RawHttp2.ConnectAsync(target.Address, window: 0))
        {
            foreach (var stream in (int[])[1, 3, 5])
            {
                await connection.StartCallAsync(stream, target.Path);
                await connection.SendDataAsync(stream, body);
                Assert.Equal(200, (await connection.BeginningOfAsync(stream)).Http);
            }
            await Eventually.TrueAsync(() => mesh.Vae.Gate is { Admitted: 3, Running: 0 }, "all pictures wait to be taken");
            using var calls = new RawCalls(target.Address);
            Assert.True((await calls.SendAsync(target.Path, target.Body)).IsOk);
        }
        await target.StillServesAsync(mesh);
    }
}
