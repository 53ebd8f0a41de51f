using System.Runtime.InteropServices;
using Grpc.Core;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.Testing;
using QwenMesh.Vae.Pixels;

namespace QwenMesh.Vae.Tests;

/// <summary>VaeStage.Decode over loopback, through the generated client.</summary>
public sealed class DecodeCallTests(VaeHost host) : IClassFixture<VaeHost>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Of the latents, by the checkpoint's config.</summary>
    private int Channels => host.LatentChannels;

    [Theory]
    [InlineData(DataType.Float32)]
    [InlineData(DataType.Float16)]
    [InlineData(DataType.Bfloat16)]
    public async Task The_answer_is_what_the_decoder_returns_in_process(DataType dtype)
    {
        var (bytes, rounded) = AsSent(Latents(Channels * 3 * 5), dtype);
        var latents = new Latents(rounded, 3, 5);
        var frames = VaeCalls.Frames("latents", dtype, [Channels, 3, 5], bytes).ToList();

        var picture = await host.Client.DecodeAsync(VaeCalls.Decode(frames), Stop);
        Assert.Equal(("image", DataType.Uint8), (picture.Name, picture.DataType));
        Assert.Equal([96, 160, 3], picture.Shape);
        Assert.Equal(host.VaeModel.Loaded!.Decoder.Decode(latents, Stop).Pixels.ToArray(), picture.Bytes);
        Assert.True(picture.Finished.ComputeSeconds > 0);

        var values = await host.Client.DecodeAsync(VaeCalls.Decode(frames, DataType.Float32), Stop);
        Assert.Equal(("image", DataType.Float32), (values.Name, values.DataType));
        Assert.Equal([96, 160, 3], values.Shape);
        Assert.Equal(host.VaeModel.Loaded.Decoder.DecodeValues(latents, Stop), values.Bytes);
        Assert.Equal(picture.Bytes, values.Floats.Select(value => (byte)Math.Round(Math.Clamp((value * 0.5f) + 0.5f, 0, 1) * 255)));
        Assert.Equal(host.IdleTensors, host.Backend.LiveTensors);
    }

    [Fact]
    public async Task The_picture_comes_in_chunks_of_the_configured_size()
    {
        using var call = host.Client.Decode(cancellationToken: Stop);
        foreach (var request in VaeCalls.Decode(Zeros(10, 10)))
        {
            await call.RequestStream.WriteAsync(request, Stop);
        }
        await call.RequestStream.CompleteAsync();
        var chunks = new List<int>();
        while (await call.ResponseStream.MoveNext(Stop))
        {
            if (call.ResponseStream.Current.Frame?.Chunk is { } chunk)
            {
                chunks.Add(chunk.Data.Length);
            }
        }
        Assert.Equal([256 << 10, (320 * 320 * 3) - (256 << 10)], chunks);
    }

    [Fact]
    public async Task The_stream_must_begin_with_parameters()
    {
        var frame = new VaeDecodeRequest { Frame = Zeros(1, 1).First() };
        await RefusedAsync("no message", []);
        await RefusedAsync("must be the parameters", [new VaeDecodeRequest()]);
        await RefusedAsync("must be the parameters", [frame]);
        await RefusedAsync("second set of parameters", [VaeCalls.Parameters(), VaeCalls.Parameters()]);
        await RefusedAsync("no kind", [VaeCalls.Parameters(), new VaeDecodeRequest()]);
    }

    [Fact]
    public async Task The_element_type_of_the_picture_is_named()
    {
        await RefusedAsync("output_dtype is required", [new VaeDecodeRequest { Parameters = new VaeDecodeParameters() }], "parameters.output_dtype");
        await RefusedAsync("Float16", [VaeCalls.Parameters(DataType.Float16)], "parameters.output_dtype");
        await RefusedAsync("77", [VaeCalls.Parameters((DataType)77)], "parameters.output_dtype");
    }

    [Fact]
    public async Task Features_that_are_not_known_are_refused()
    {
        await host.Client.DecodeAsync([VaeCalls.Parameters(DataType.Float32, StageFeatures.FloatOutput), .. VaeCalls.Decode(Zeros(1, 1)).Skip(1)], Stop);
        var (code, fault) = await VaeCalls.RefusedAsync(
            host.Client.Decode(cancellationToken: Stop), [VaeCalls.Parameters(DataType.Uint8, StageFeatures.FloatOutput, "colour_management")], Stop);
        Assert.Equal((StatusCode.Unimplemented, FaultReasons.FeatureMissing, false), (code, fault.Reason, fault.Retryable));
        Assert.Contains("colour_management", fault.Detail, StringComparison.Ordinal);
        Assert.Equal("parameters.required_features", Assert.Single(fault.Fields).Field);
    }

    [Fact]
    public async Task The_tensor_must_be_latents_of_this_checkpoint()
    {
        await RefusedAsync("'latents' is missing", [VaeCalls.Parameters()]);
        await RefusedAsync("found 'image'", VaeCalls.Decode(VaeCalls.Frames("image", DataType.Float32, [Channels, 1, 1], new byte[Channels * 4])));
        await RefusedAsync("found 'latents[1]'", VaeCalls.Decode(VaeCalls.Frames("latents", DataType.Float32, [Channels, 1, 1], new byte[Channels * 4], index: 1)));
        await RefusedAsync("found Uint8", VaeCalls.Decode(VaeCalls.Frames("latents", DataType.Uint8, [Channels, 1, 1], new byte[Channels])));
        await RefusedAsync($"[{Channels}, height, width]", VaeCalls.Decode(VaeCalls.Frames("latents", DataType.Float32, [8, 1, 1], new byte[32])));
        await RefusedAsync($"[{Channels}, height, width]", VaeCalls.Decode(VaeCalls.Frames("latents", DataType.Float32, [1, Channels, 1, 1], new byte[Channels * 4])));
        await RefusedAsync("shape", Header(DataType.Float32, [Channels, 0, 4], 0));
        await RefusedAsync("shape", Header(DataType.Float32, [Channels, -1, -1], 64));
        await RefusedAsync("twice", [.. VaeCalls.Decode(Zeros(1, 1)), .. VaeCalls.Decode(Zeros(1, 1, id: 8)).Skip(1)]);
    }

    [Fact]
    public async Task Sizes_are_checked_when_they_are_announced()
    {
        await RefusedAsync("1100000 pixels", Header(DataType.Float32, [Channels, 33, 33], (ulong)Channels * 33 * 33 * 4));
        await RefusedAsync("beyond the limit", Header(DataType.Float32, [Channels, 1L << 26, 1], (ulong)Channels * 4 << 26));
        await RefusedAsync("shape", Header(DataType.Float32, [Channels, 1L << 40, 1L << 40], 64));
        await RefusedAsync("announces", Header(DataType.Float32, [Channels, 4, 4], 8));
        await RefusedAsync("77", Header((DataType)77, [Channels, 4, 4], 1024));
    }

    [Fact]
    public async Task Broken_frames_are_named()
    {
        await RefusedAsync($"0 of {Channels * 16}", VaeCalls.Decode(Zeros(2, 2))[..2]);
        var damaged = VaeCalls.Decode(Zeros(2, 2));
        damaged[^1].Frame.Chunk.Crc32C ^= 1;
        var (code, fault) = await VaeCalls.RefusedAsync(host.Client.Decode(cancellationToken: Stop), damaged, Stop);
        Assert.Equal((StatusCode.DataLoss, FaultReasons.Corrupted, true), (code, fault.Reason, fault.Retryable));
        Assert.Contains("checksum", fault.Detail, StringComparison.Ordinal);
        var shifted = VaeCalls.Decode(Zeros(2, 2));
        shifted[^1].Frame.Chunk.Offset = 4;
        await RefusedAsync("continues at 4", shifted);
        await RefusedAsync("without a header", [VaeCalls.Parameters(), VaeCalls.Decode(Zeros(2, 2))[^1]]);
        await RefusedAsync("neither", [VaeCalls.Parameters(), new VaeDecodeRequest { Frame = new TensorFrame() }]);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public async Task Elements_must_be_finite(float value)
    {
        foreach (var dtype in (DataType[])[DataType.Float32, DataType.Float16, DataType.Bfloat16])
        {
            var values = Latents(Channels * 4);
            values[37] = value;
            await RefusedAsync("element 37", VaeCalls.Decode(VaeCalls.Frames("latents", dtype, [Channels, 2, 2], AsSent(values, dtype).Bytes)));
        }
    }

    [Fact]
    public async Task A_cancelled_call_stops_and_frees_everything()
    {
        // On a busy machine a call can be over before the cancellation reaches it; then the next one is tried.
        RpcException? cancelled = null;
        for (var attempt = 0; attempt < 20 && cancelled is null; attempt++)
        {
            using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Stop);
            var decoding = host.Client.DecodeAsync(VaeCalls.Decode(Zeros(32, 32)), cancel.Token);
            await Eventually.TrueAsync(() => host.Backend.LiveTensors > host.IdleTensors || decoding.IsCompleted, "the decoding begins");
            await cancel.CancelAsync();
            cancelled = await Record.ExceptionAsync(() => decoding) as RpcException;
            await Eventually.TrueAsync(() => host.Gate.Running == 0, "the cancelled call has left");
            Assert.Equal(host.IdleTensors, host.Backend.LiveTensors);
        }
        Assert.Equal(StatusCode.Cancelled, cancelled?.StatusCode);
    }

    [Fact]
    public async Task Calls_at_the_same_time_wait_for_their_turn()
    {
        var requests = VaeCalls.Decode(VaeCalls.Frames("latents", DataType.Float32, [Channels, 2, 2], AsSent(Latents(Channels * 4), DataType.Float32).Bytes));
        var pictures = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => host.Client.DecodeAsync(requests, Stop)));
        Assert.All(pictures, picture => Assert.Equal(pictures[0].Bytes, picture.Bytes));
        Assert.Equal(host.IdleTensors, host.Backend.LiveTensors);
    }

    private async Task RefusedAsync(string reason, IReadOnlyList<VaeDecodeRequest> requests, string? field = null)
    {
        var (code, fault) = await VaeCalls.RefusedAsync(host.Client.Decode(cancellationToken: Stop), requests, Stop);
        Assert.Equal((StatusCode.InvalidArgument, "vae", FaultReasons.InvalidRequest, false), (code, fault.Stage, fault.Reason, fault.Retryable));
        Assert.Contains(reason, fault.Detail, StringComparison.Ordinal);
        Assert.Equal(field is null ? [] : [field], fault.Fields.Select(at => at.Field));
    }

    private IEnumerable<TensorFrame> Zeros(int height, int width, uint id = 7) =>
        VaeCalls.Frames("latents", DataType.Float32, [Channels, height, width], new byte[Channels * height * width * 4], id: id);

    private static List<VaeDecodeRequest> Header(DataType dtype, long[] shape, ulong bytes) => VaeCalls.Decode([VaeCalls.Header("latents", dtype, shape, bytes)]);

    private static float[] Latents(int count)
    {
        var random = new Random(count);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 4) - 2)];
    }

    /// <summary>The values as they travel, and as they are read back.</summary>
    private static (byte[] Bytes, float[] Rounded) AsSent(float[] values, DataType dtype)
    {
        switch (dtype)
        {
            case DataType.Float16:
                Half[] halves = [.. values.Select(value => (Half)value)];
                return (MemoryMarshal.AsBytes(halves.AsSpan()).ToArray(), [.. halves.Select(value => (float)value)]);
            case DataType.Bfloat16:
                ushort[] tops = [.. values.Select(value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16))];
                return (MemoryMarshal.AsBytes(tops.AsSpan()).ToArray(), [.. tops.Select(top => BitConverter.UInt32BitsToSingle((uint)top << 16))]);
            default:
                return (MemoryMarshal.AsBytes(values.AsSpan()).ToArray(), values);
        }
    }
}
