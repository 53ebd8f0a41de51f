using System.Text;
using QwenMesh.Wire.Tests.Hosting;
using QwenMesh.Wire.Tests.Raw;
using static QwenMesh.Wire.Tests.Raw.RawHttp2;

namespace QwenMesh.Wire.Tests.Hostile;

/// <summary>Connections that speak HTTP/2 badly, to a stage's port and to the Gateway's. The stages share their set-up; the Vae stands for them.</summary>
public sealed class Http2Tests(MeshHost mesh)
{
    private const string Vae = "Vae";
    private const string Gateway = "the Gateway's Denoiser";

    public static TheoryData<string> Ports => [Vae, Gateway];

    [Theory]
    [MemberData(nameof(Ports))]
    public async Task What_the_protocol_forbids_ends_the_call_or_the_connection(string port)
    {
        var target = Target.Of(mesh, port);
        foreach (var (what, bytes) in ProtocolErrors.All)
        {
            using var connection = await ConnectAsync(target.Address);
            await SendUntilClosedAsync(connection, bytes);
            var end = await connection.EndOfAsync(1);
            Assert.True(end.IsError, $"{what}: {end}");
        }
        await target.StillServesAsync(mesh);
    }

    public static TheoryData<string, string> NotHttp2 => new MatrixTheoryData<string, string>(
        [Vae, Gateway],
        ["GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003", "SSH-2.0-OpenSSH_9.2\r\n"]);

    [Theory]
    [MemberData(nameof(NotHttp2), DisableDiscoveryEnumeration = true)]
    public async Task A_connection_that_is_not_HTTP_2_is_closed(string port, string greeting)
    {
        var target = Target.Of(mesh, port);
        using var connection = await OpenAsync(target.Address);
        // Beyond the longest line that HTTP/1.1 may begin with, which Kestrel waits for to answer in kind.
        await SendUntilClosedAsync(connection, Encoding.Latin1.GetBytes(greeting.PadRight(10_000)));
        await connection.DrainAsync();
        await target.StillServesAsync(mesh);
    }

    /// <summary>Frames of random types, flags, streams and lengths after a good preface.</summary>
    [Theory]
    [MemberData(nameof(Ports))]
    public async Task Random_frames_do_no_harm(string port)
    {
        var target = Target.Of(mesh, port);
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            using var connection = await ConnectAsync(target.Address);
            var bytes = new List<byte>();
            for (var frames = random.Next(1, 20); frames > 0; frames--)
            {
                var payload = new byte[random.Next(4) == 0 ? 0 : random.Next(100)];
                random.NextBytes(payload);
                bytes.AddRange(Frame((byte)random.Next(12), (byte)random.Next(256), random.Next(8), payload.Length, payload));
            }
            await SendUntilClosedAsync(connection, [.. bytes]);
        }
        await target.StillServesAsync(mesh);
    }

    public static TheoryData<string, string> EveryFlood => new MatrixTheoryData<string, string>(
        [Vae, Gateway], ["rapid reset", "pings", "settings", "empty data", "window updates", "headers without an end"]);

    /// <summary>However much comes, another connection is served meanwhile and afterwards.</summary>
    [Theory]
    [MemberData(nameof(EveryFlood))]
    public async Task A_flood_drowns_nobody_else(string port, string what)
    {
        var target = Target.Of(mesh, port);
        using var flooding = await ConnectAsync(target.Address);
        var draining = flooding.DrainAsync();
        var sending = SendUntilClosedAsync(flooding, [.. Flood(target, what).SelectMany(frame => frame)]);
        using (var calls = new RawCalls(target.Address))
        {
            Assert.True((await calls.SendAsync(target.Path, target.Body)).IsOk);
        }
        await sending;
        flooding.Dispose();
        await draining;
        await target.StillServesAsync(mesh);
    }

    private static IEnumerable<byte[]> Flood(Target target, string what)
    {
        var headers = CallHeaders(target.Path);
        byte[] call = Frame(Headers, EndHeaders, 1, headers.Length, headers);
        byte[] Begin(int stream) => Frame(Headers, EndHeaders, stream, headers.Length, headers);
        return what switch
        {
            "rapid reset" => Enumerable.Range(0, 5000).Select(i => (byte[])[.. Begin((2 * i) + 1), .. Frame(Reset, 0, (2 * i) + 1, 4, [0, 0, 0, 8])]),
            "pings" => Enumerable.Repeat(Frame(Ping, 0, 0, 8, new byte[8]), 50_000),
            "settings" => Enumerable.Repeat(Frame(Settings, 0, 0, 6, [0, 1, 0, 0, 0, 0]), 50_000),
            "empty data" => [call, .. Enumerable.Repeat(Frame(Data, 0, 1, 0, []), 100_000)],
            "window updates" => [call, .. Enumerable.Repeat(Frame(WindowUpdate, 0, 1, 4, [0, 0, 0, 1]), 100_000)],
            "headers without an end" => [Frame(Headers, 0, 1, headers.Length, headers), .. Enumerable.Repeat(Frame(Continuation, 0, 1, 1000, new byte[1000]), 10_000)],
            _ => throw new ArgumentOutOfRangeException(nameof(what), what, null),
        };
    }

    private static async Task SendUntilClosedAsync(RawHttp2 connection, byte[] bytes)
    {
        try
        {
            await connection.SendBytesAsync(bytes);
        }
        catch (IOException)
        {
            // The server has closed the connection already, as it should.
        }
    }
}
