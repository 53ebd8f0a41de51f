using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Grpc.Core;

namespace QwenMesh.Grpc.Tests.Server;

/// <summary>One request of the randomised test: a good call, damaged in a way that is drawn, with the answers that are right for it.</summary>
internal sealed class MutatedRequest
{
    // The method drawn decides whether two messages, or none, are an error.
    private static readonly string[] Paths = [RawCalls.Echo, RawCalls.Join, RawCalls.Repeat, RawCalls.Chat];
    private static readonly string[] Timeouts = ["", "S", "0", "-1m", "1.5S", "123456789S", "99999999H", "1x", "1 S", "18446744073709551616n"];
    private static readonly string[] ContentTypes = ["", "text/plain", "application/json", "application/grpc-web", "application/grpcx", "application/xml"];

    private readonly Random _random;
    private readonly bool _takesOneMessage;
    private readonly List<(string Name, string Value)> _headers = [];
    private string _path;
    private byte[] _body;
    private string _contentType = "application/grpc";
    private StatusCode[] _expected = [StatusCode.OK];
    private HttpStatusCode[] _expectedHttp = [HttpStatusCode.OK];

    public MutatedRequest(Random random)
    {
        _random = random;
        _path = Paths[random.Next(Paths.Length)];
        _takesOneMessage = _path is RawCalls.Echo or RawCalls.Repeat;
        _body = Frames.Message(Message());
        Kind = random.Next(14);
        Mutate();
    }

    public int Kind { get; }

    public HttpRequestMessage Create()
    {
        var content = new ByteArrayContent(_body);
        if (_contentType.Length > 0)
        {
            content.Headers.TryAddWithoutValidation("content-type", _contentType);
        }

        var request = new HttpRequestMessage(HttpMethod.Post, _path) { Content = content, Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        foreach (var (name, value) in _headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return request;
    }

    public void Verify(RawReply reply)
    {
        var what = $"kind {Kind} on {_path} with {_body.Length} bytes: HTTP {(int)reply.Http}, {reply.Status} {reply.Detail}";
        Assert.True(_expectedHttp.Contains(reply.Http), what);
        if (reply.Http == HttpStatusCode.OK)
        {
            Assert.True(reply.Status is { } status && _expected.Contains(status), what);
            Assert.True(reply.Status != StatusCode.OK || reply.IsTrailersOnly || reply.Messages.Count > 0, what);
        }
    }

    private void Mutate()
    {
        switch (Kind)
        {
            case 0: // nothing wrong
                break;
            case 1: // cut off anywhere
                var length = _random.Next(_body.Length);
                _body = _body[..length];
                Expect(length == 0 && !_takesOneMessage ? StatusCode.OK : StatusCode.Internal);
                break;
            case 2: // claims more than any limit
                _body = [.. Frames.Header(0, (uint)_random.NextInt64((4 << 20) + 1, 1L << 32)), .. Noise(64)];
                Expect(StatusCode.ResourceExhausted);
                break;
            case 3: // claims what the limit allows, and sends little
                _body = [.. Frames.Header(0, (uint)_random.Next(65, 4 << 20)), .. Noise(64)];
                Expect(StatusCode.Internal);
                break;
            case 4: // a flag that does not exist
                _body[0] = (byte)_random.Next(2, 256);
                Expect(StatusCode.Internal);
                break;
            case 5: // compressed, without saying how
                _body[0] = 1;
                Expect(StatusCode.Internal);
                break;
            case 6: // an encoding that nobody knows
                _body[0] = (byte)_random.Next(2);
                _headers.Add(("grpc-encoding", "x" + _random.Next()));
                Expect(StatusCode.Unimplemented);
                break;
            case 7: // not what the encoding says
                _body = Frames.Frame(1, [.. "not gzip "u8, .. Noise(200)]);
                _headers.Add(("grpc-encoding", _random.Next(2) == 0 ? "gzip" : "deflate"));
                Expect(StatusCode.Internal);
                break;
            case 8: // random bytes as a message: most are no message, some happen to be one
                _body = Frames.Frame(0, Noise(300));
                Expect(StatusCode.OK, StatusCode.Internal);
                break;
            case 9: // random bits of the body flipped: anything may come of it but a crash
                for (var i = _random.Next(1, 8); i > 0; i--)
                {
                    _body[_random.Next(_body.Length)] ^= (byte)(1 << _random.Next(8));
                }

                Expect(StatusCode.OK, StatusCode.Internal, StatusCode.ResourceExhausted);
                break;
            case 10: // another content type, or none
                _contentType = ContentTypes[_random.Next(ContentTypes.Length)];
                _expectedHttp = [HttpStatusCode.UnsupportedMediaType];
                break;
            case 11: // a timeout that is none
                _headers.Add(("grpc-timeout", Timeouts[_random.Next(Timeouts.Length)]));
                Expect(StatusCode.OK);
                break;
            case 12: // a binary header that is not base64
                _headers.Add(("x" + _random.Next() + "-bin", Convert.ToBase64String(Noise(40)) + "!*"));
                Expect(StatusCode.Internal);
                break;
            case 13: // a path that leads nowhere
                _path = "/" + Word() + "/" + Word() + (_random.Next(4) == 0 ? "/" + Word() : "");
                _expectedHttp = [HttpStatusCode.OK, HttpStatusCode.NotFound];
                Expect(StatusCode.Unimplemented);
                break;
        }
    }

    private void Expect(params StatusCode[] expected) => _expected = expected;

    private ProbeMessage Message() => new() { Data = ByteString.CopyFrom(Noise(_random.Next(4) == 0 ? 5000 : 100)), Count = _random.Next(1, 4) };

    private byte[] Noise(int most)
    {
        var bytes = new byte[_random.Next(most)];
        _random.NextBytes(bytes);
        return bytes;
    }

    private string Word() => new([.. Enumerable.Range(0, _random.Next(1, 12)).Select(_ => (char)('a' + _random.Next(26)))]);
}
