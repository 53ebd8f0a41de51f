using QwenMesh.Wire.Tests.Raw;

namespace QwenMesh.Wire.Tests.Hostile;

/// <summary>A good call damaged below its messages: framing, compression, headers, or bits anywhere.</summary>
/// <param name="Request">To be sent.</param>
/// <param name="MustFail">False where luck may leave a call that is good.</param>
internal sealed record MutatedBytes(HttpRequestMessage Request, bool MustFail)
{
    private static readonly string[] Timeouts = ["", "S", "0", "-1m", "1.5S", "123456789S", "99999999H", "1x", "1 S", "18446744073709551616n", "1n"];
    private static readonly string[] ContentTypes = ["", "text/plain", "application/json", "application/grpcx", "application/xml"];

    public static MutatedBytes Of(Target target, Random random)
    {
        var good = target.Body;
        return random.Next(13) switch
        {
            0 => new(Post(target, good[..random.Next(1, good.Length)]), MustFail: false),
            1 => new(Post(target, good[..^random.Next(1, Math.Min(20, good.Length))]), MustFail: true),
            2 => new(Post(target, [.. MessageFrames.Header(0, (uint)random.NextInt64((4 << 20) + 1, 1L << 32)), .. Noise(random, 64)]), MustFail: true),
            3 => new(Post(target, [.. MessageFrames.Header(0, (uint)random.Next(65, 4 << 20)), .. Noise(random, 64)]), MustFail: true),
            4 => new(Post(target, [(byte)random.Next(2, 256), .. good[1..]]), MustFail: true),
            5 => new(Post(target, [1, .. good[1..]]), MustFail: true),
            6 => new(Post(target, [1, .. good[1..]], ("grpc-encoding", "x" + random.Next())), MustFail: true),
            7 => new(Post(target, MessageFrames.Frame(1, [.. "not gzip"u8, .. Noise(random, 200)]), ("grpc-encoding", "gzip")), MustFail: true),
            8 => new(Post(target, MessageFrames.Frame(0, Noise(random, 300))), MustFail: true),
            9 => new(Post(target, Flipped(good, random)), MustFail: false),
            10 => new(RawCalls.Request(target.Path, good, ContentTypes[random.Next(ContentTypes.Length)]), MustFail: true),
            11 => new(Post(target, good, ("grpc-timeout", Timeouts[random.Next(Timeouts.Length)])), MustFail: false),
            _ => new(RawCalls.Request("/" + Word(random) + "/" + Word(random), good), MustFail: true),
        };
    }

    // Flipped bits may ask for thousands of steps: like every call these have a deadline.
    private static HttpRequestMessage Post(Target target, byte[] body, params (string Name, string Value)[] headers)
    {
        var request = RawCalls.Request(target.Path, body);
        if (!Array.Exists(headers, header => header.Name == "grpc-timeout"))
        {
            headers = [.. headers, ("grpc-timeout", "2S")];
        }
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
        return request;
    }

    private static byte[] Flipped(byte[] good, Random random)
    {
        for (var i = random.Next(1, 8); i > 0; i--)
        {
            good[random.Next(good.Length)] ^= (byte)(1 << random.Next(8));
        }
        return good;
    }

    private static byte[] Noise(Random random, int most)
    {
        var bytes = new byte[random.Next(most)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static string Word(Random random) => new([.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => (char)('a' + random.Next(26)))]);
}
