using QwenMesh.Wire.Tests.Raw;
using static QwenMesh.Wire.Tests.Raw.RawHttp2;

namespace QwenMesh.Wire.Tests.Hostile;

/// <summary>What HTTP/2 forbids, after a good preface: each must end the call or the connection. Stream 1 is the call's, if there is one.</summary>
internal static class ProtocolErrors
{
    private const string Path = "/qwenmesh.v1.VaeStage/Decode";
    private const byte Priority = 2;
    private const byte PushPromise = 5;
    private const byte Padded = 8;

    private static readonly byte[] Call = Frame(Headers, EndHeaders, 1, CallHeaders(Path).Length, CallHeaders(Path));

    public static readonly IReadOnlyDictionary<string, byte[]> All = new Dictionary<string, byte[]>
    {
        ["DATA on stream 0"] = Whole(Data, 0, 0, [1]),
        ["DATA on an idle stream"] = Whole(Data, 0, 1, [1]),
        ["DATA padded beyond its frame"] = [.. Call, .. Whole(Data, Padded, 1, [200, 1])],
        ["DATA beyond the window"] = [.. Call, .. Repeated(300, Whole(Data, 0, 1, new byte[16_384]))],
        ["a frame longer than announced settings allow"] = [.. Call, .. Frame(Data, 0, 1, (1 << 24) - 1, new byte[20_000])],
        ["HEADERS on stream 0"] = Whole(Headers, EndHeaders, 0, CallHeaders(Path)),
        ["HEADERS on an even stream"] = Whole(Headers, EndHeaders, 2, CallHeaders(Path)),
        ["HEADERS on a stream that went by"] = [.. Whole(Headers, EndHeaders | EndStream, 5, CallHeaders(Path)), .. Call],
        ["HEADERS with an index of nothing"] = Whole(Headers, EndHeaders, 1, [0xff, 0xff, 0xff, 0x7f]),
        ["HEADERS with bad Huffman code"] = Whole(Headers, EndHeaders, 1, [0, 0x82, 0xff, 0xff, 1, 0x61]),
        ["HEADERS that end inside a string"] = Whole(Headers, EndHeaders, 1, [0, 100, 0x61]),
        ["HEADERS with a table of a gigabyte"] = Whole(Headers, EndHeaders, 1, [0x3f, 0xe1, 0xff, 0xff, 0xff, 0x03]),
        ["HEADERS without a method"] = Whole(Headers, EndHeaders, 1, Literals((":path", Path), (":scheme", "http"))),
        ["HEADERS with two paths"] = Whole(Headers, EndHeaders, 1, [.. CallHeaders(Path), .. Literals((":path", "/"))]),
        ["HEADERS with upper case"] = Whole(Headers, EndHeaders, 1, CallHeaders(Path, ("X-Upper", "1"))),
        ["HEADERS with a connection header"] = Whole(Headers, EndHeaders, 1, CallHeaders(Path, ("connection", "close"))),
        ["HEADERS with a line break"] = Whole(Headers, EndHeaders, 1, CallHeaders(Path, ("x", "a\r\nb: c"))),
        ["HEADERS of 64 KiB"] =
        [
            .. Whole(Headers, 0, 1, CallHeaders(Path)), .. Repeated(8, Whole(Continuation, 0, 1, Literals(("x", new string('v', 8000))))),
            .. Whole(Continuation, EndHeaders, 1, []),
        ],
        ["HEADERS within HEADERS"] = [.. Whole(Headers, 0, 1, CallHeaders(Path)), .. Whole(Headers, EndHeaders, 3, CallHeaders(Path))],
        ["CONTINUATION of nothing"] = Whole(Continuation, EndHeaders, 1, [0]),
        ["PRIORITY on itself"] = [.. Call, .. Whole(Priority, 0, 1, [0, 0, 0, 1, 0])],
        ["RST_STREAM of an idle stream"] = Whole(Reset, 0, 1, [0, 0, 0, 8]),
        ["RST_STREAM of three bytes"] = [.. Call, .. Whole(Reset, 0, 1, [0, 0, 8])],
        ["SETTINGS of five bytes"] = Whole(Settings, 0, 0, [0, 1, 0, 0, 0]),
        ["SETTINGS on a stream"] = Whole(Settings, 0, 1, []),
        ["SETTINGS acknowledged with a payload"] = Whole(Settings, Ack, 0, [0, 1, 0, 0, 0, 0]),
        ["SETTINGS with a window of 4 GiB"] = Whole(Settings, 0, 0, [0, 4, 255, 255, 255, 255]),
        ["PUSH_PROMISE of a client"] = Whole(PushPromise, EndHeaders, 1, [0, 0, 0, 2, .. CallHeaders(Path)]),
        ["PING of seven bytes"] = Whole(Ping, 0, 0, [1, 2, 3, 4, 5, 6, 7]),
        ["PING on a stream"] = Whole(Ping, 0, 1, new byte[8]),
        ["GOAWAY on a stream"] = Whole(GoAway, 0, 1, new byte[8]),
        ["WINDOW_UPDATE of 0"] = Whole(WindowUpdate, 0, 0, [0, 0, 0, 0]),
        ["WINDOW_UPDATE beyond 2 GiB"] = [.. Whole(WindowUpdate, 0, 0, BigEndian(int.MaxValue)), .. Whole(WindowUpdate, 0, 0, BigEndian(int.MaxValue))],
        ["WINDOW_UPDATE of an idle stream"] = Whole(WindowUpdate, 0, 9, [0, 0, 0, 1]),
    };

    private static IEnumerable<byte> Repeated(int times, byte[] frame) => Enumerable.Repeat(frame, times).SelectMany(bytes => bytes);

    private static byte[] Whole(byte type, byte flags, int stream, byte[] payload) => Frame(type, flags, stream, payload.Length, payload);
}
