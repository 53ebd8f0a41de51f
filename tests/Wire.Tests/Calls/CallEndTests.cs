using Google.Protobuf;
using QwenMesh.Testing;
using QwenMesh.Wire.Tests.Hosting;
using QwenMesh.Wire.Tests.Raw;

namespace QwenMesh.Wire.Tests.Calls;

/// <summary>
/// However a call ends early and wherever it is then, what it held is free: its place, its slot, its tensors, and the Gateway's share. The client
/// is raw, so that the server's deadline counts and not the client's.
/// </summary>
public sealed class CallEndTests(MeshHost mesh)
{
    private const string Sending = "while it sends its input";
    private const string Waiting = "while it waits for a slot";
    private const string Computing = "while it computes";
    private const string Answering = "while its answer is not read";

    private const string Deadline = "its deadline";
    private const string Cancelled = "RST_STREAM";
    private const string Disconnected = "the end of its connection";

    private const string Denoise = "/qwenmesh.v1.DenoiserStage/Denoise";
    private const string Decode = "/qwenmesh.v1.VaeStage/Decode";

    public static TheoryData<string, string, bool> Every
    {
        get
        {
            var data = new TheoryData<string, string, bool>();
            foreach (var moment in (string[])[Sending, Waiting, Computing, Answering])
            {
                foreach (var end in (string[])[Deadline, Cancelled, Disconnected])
                {
                    data.Add(end, moment, false);
                    data.Add(end, moment, true);
                }
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Every))]
    public async Task A_call_ended_by_something_at_some_moment_holds_nothing(string end, string moment, bool throughTheGateway)
    {
        var gate = mesh.Denoiser.Gate;
        using var slot = moment == Waiting ? gate.Admit() : null;
        if (slot is not null)
        {
            await slot.EnterAsync(Bound.Token);
        }
        using (var connection = await RawHttp2.ConnectAsync(Address(moment, throughTheGateway), moment == Answering ? 0 : 65_535))
        {
            await StartAsync(connection, moment, end == Deadline ? [("grpc-timeout", moment == Answering ? "1500m" : "400m")] : []);
            if (end != Deadline)
            {
                await ReachedAsync(connection, moment);
            }
            switch (end)
            {
                case Deadline when moment != Answering:
                    Assert.True((await connection.EndOfAsync(1)).IsError);
                    break;
                case Deadline:
                    await connection.BeginningOfAsync(1);
                    await Eventually.TrueAsync(() => mesh.Vae.Gate.Admitted == 0, "the deadline has passed");
                    break;
                case Cancelled:
                    await connection.SendAsync(RawHttp2.Reset, 0, 1, [0, 0, 0, 8]);
                    break;
                default:
                    break;
            }
            if (end != Disconnected)
            {
                await Eventually.TrueAsync(() => gate.Admitted == (slot is null ? 0 : 1) && mesh.Vae.Gate.Admitted == 0 && gate.Receiving == 0, $"{end} has ended the call");
            }
        }
        slot?.Dispose();
        await mesh.IdleAsync();
        using var calls = new RawCalls(throughTheGateway ? mesh.Ingress : mesh.Denoiser.Grpc);
        Assert.True((await calls.SendAsync(Denoise, Body(Requests.Denoise(cells: 4, steps: 1)))).IsOk);
    }

    private Uri Address(string moment, bool throughTheGateway) =>
        throughTheGateway ? mesh.Ingress : moment == Answering ? mesh.Vae.Grpc : mesh.Denoiser.Grpc;

    private static async Task StartAsync(RawHttp2 connection, string moment, (string, string)[] headers)
    {
        await connection.StartCallAsync(1, moment == Answering ? Decode : Denoise, headers);
        // 10,000 steps would take longer than any test; the picture is larger than what Kestrel keeps for a client that does not read.
        var body = moment == Answering ? Body(Requests.Decode(cells: 32)) : Body(Requests.Denoise(cells: 16, steps: 10_000));
        await connection.SendDataAsync(1, moment == Sending ? body.AsMemory(0, body.Length / 2) : body, end: moment != Sending);
    }

    private Task ReachedAsync(RawHttp2 connection, string moment)
    {
        var gate = mesh.Denoiser.Gate;
        return moment switch
        {
            Sending => Eventually.TrueAsync(() => gate is { Receiving: 1, Running: 0 }, $"the call is there {moment}"),
            Waiting => Eventually.TrueAsync(() => gate.Waiting == 1, $"the call is there {moment}"),
            Computing => Eventually.TrueAsync(() => gate.Running == 1, $"the call is there {moment}"),
            _ => connection.BeginningOfAsync(1),
        };
    }

    private static byte[] Body(IEnumerable<IMessage> messages) => MessageFrames.Of(messages);
}
