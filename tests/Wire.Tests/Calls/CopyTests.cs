using System.Runtime.InteropServices;
using Grpc.Net.Client;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;
using QwenMesh.Wire.Tests.Hosting;
using QwenMesh.Wire.Tests.Raw;

namespace QwenMesh.Wire.Tests.Calls;

/// <summary>
/// What a tensor costs on its way through a stage, in arrays of its own size. The client is raw and reads into one buffer, so that all that is allocated is the
/// server's; one more copy anywhere would be one more of these.
/// </summary>
public sealed class CopyTests(MeshHost mesh)
{
    private const double PictureAtMost = 1.9;
    private const double InputAtMost = 2.6;
    private const string Decode = "/qwenmesh.v1.VaeStage/Decode";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_picture_is_sent_from_the_array_that_it_was_computed_into(bool throughTheGateway)
    {
        var body = MessageFrames.Of(Requests.Decode(cells: 32));
        var copies = await CopiesAsync(throughTheGateway ? mesh.Ingress : mesh.Vae.Grpc, body, size: 3 << 20, PictureAtMost, isGood: true);
        Assert.InRange(copies, 1, PictureAtMost);
    }

    /// <summary>The last value is not finite: the tensor is received, checked and widened in full, and nothing is computed.</summary>
    [Fact]
    public async Task An_input_is_copied_by_the_parser_and_into_the_values_that_are_computed_with()
    {
        await using var vae = await TestStage.VaeAsync("--Vae:MaxPixels=268435456");
        const int Cells = 480;
        var values = new float[Requests.Channels * Cells * Cells];
        values[^1] = float.NaN;
        var bytes = MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
        var frames = TensorFrames.Split(new OutgoingTensor("latents", DataType.Float32, [Requests.Channels, Cells, Cells], bytes), 0);
        var body = MessageFrames.Of([new VaeDecodeRequest { Parameters = new VaeDecodeParameters { OutputDtype = DataType.Uint8 } }, .. frames.Select(frame => new VaeDecodeRequest { Frame = frame })]);
        var copies = await CopiesAsync(vae.Grpc, body, bytes.Length, InputAtMost, isGood: false);
        Assert.InRange(copies, 1, InputAtMost);
    }

    /// <summary>Beside the stage's array there is the parser's; the assembler's comes from a pool.</summary>
    [Fact]
    public async Task A_client_copies_what_it_receives_in_the_parser_and_into_pooled_memory()
    {
        using var channel = GrpcChannel.ForAddress(mesh.Vae.Grpc);
        var client = new VaeStage.VaeStageClient(channel);
        var copies = await CopiesAsync(3 << 20, InputAtMost, async () =>
        {
            using var image = await GeneratedClient.TensorAsync(client.Decode(cancellationToken: Bound.Token), Requests.Decode(cells: 32), answer => answer.Frame);
        });
        Assert.InRange(copies, 1, InputAtMost);
    }

    private static async Task<double> CopiesAsync(Uri address, byte[] body, long size, double atMost, bool isGood)
    {
        using var calls = new RawCalls(address);
        return await CopiesAsync(size, atMost, async () => Assert.Equal(isGood, (await calls.SendAsync(Decode, body)).IsOk));
    }

    private static async Task<double> CopiesAsync(long size, double atMost, Func<Task> call)
    {
        var least = double.MaxValue;
        // The first calls fill the pools, which a busy machine's collections empty again; in each of the others something else may allocate too.
        for (var i = 0; i < 40 && (i < 4 || least > atMost); i++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await call();
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)size);
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{least:F2} arrays of the tensor's size");
        return least;
    }
}
