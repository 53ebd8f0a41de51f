using System.Runtime.InteropServices;
using Google.Protobuf;
using Grpc.Core;
using QwenMesh.Protocol.V1;
using QwenMesh.ServiceDefaults;
using QwenMesh.TensorWire;
using QwenMesh.Testing;

namespace QwenMesh.Vae.Tests;

/// <summary>The service over loopback, through the generated client.</summary>
public sealed class VaeServiceTests(VaeHost host) : IClassFixture<VaeHost>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Of the latents, by the checkpoint's config.</summary>
    private int Channels => host.LatentChannels;

    [Fact]
    public async Task Model_info_tells_what_is_served()
    {
        var info = await host.Client.GetModelInfoAsync(new GetModelInfoRequest(), cancellationToken: Stop);
        Assert.Equal("qwen-image-nano", info.ModelId);
        Assert.Equal("vae", info.Component);
        Assert.Equal("QwenImageEditPlusPipeline", info.PipelineClass);
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(VaeHost.Model, "vae", "config.json"), Stop), info.ComponentConfig);
        Assert.Equal((32, 12, 1_100_000), (info.Vae.ScaleFactor, info.Vae.LatentChannels, info.Vae.MaxPixels));
        Assert.Equal(DataType.Float32, info.ComputeDtype);
        Assert.Equal((1, 64), (info.Limits.MaxConcurrentCalls, info.Limits.MaxQueuedCalls));
    }

    [Theory]
    [InlineData(DataType.Float32)]
    [InlineData(DataType.Float16)]
    [InlineData(DataType.Bfloat16)]
    public async Task Decode_returns_the_bytes_that_the_decoder_returns_in_process(DataType dtype)
    {
        var values = Latents(Channels * 3 * 5);
        var (bytes, rounded) = Encode(values, dtype);
        var (picture, shape, finished) = await DecodeAsync(Frames("latents", dtype, [Channels, 3, 5], bytes));
        Assert.Equal([96, 160, 3], shape);
        Assert.Equal(host.VaeModel.Loaded!.Decoder.Decode(rounded, 3, 5, Stop).Pixels, picture);
        Assert.True(finished.ComputeSeconds > 0);
        Assert.Equal(host.IdleTensors, host.Backend.LiveTensors);
    }

    [Fact]
    public async Task The_picture_comes_in_chunks_of_the_configured_size()
    {
        using var call = host.Client.Decode(cancellationToken: Stop);
        foreach (var request in Frames("latents", DataType.Float32, [Channels, 10, 10], new byte[Channels * 10 * 10 * 4]))
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
        await RefusedAsync("parameters", []);
        await RefusedAsync("parameters", [new DecodeRequest()]);
        await RefusedAsync("parameters", [.. Frames("latents", DataType.Float32, [Channels, 1, 1], new byte[Channels * 4]).Skip(1)]);
        await RefusedAsync("after the parameters", [Parameters, Parameters]);
        await RefusedAsync("after the parameters", [Parameters, new DecodeRequest()]);
    }

    [Fact]
    public async Task The_tensor_must_be_latents_of_this_checkpoint()
    {
        await RefusedAsync("'latents' is missing", [Parameters]);
        await RefusedAsync("found 'image'", Frames("image", DataType.Float32, [Channels, 1, 1], new byte[Channels * 4]));
        await RefusedAsync("found Uint8", Frames("latents", DataType.Uint8, [Channels, 1, 1], new byte[Channels]));
        await RefusedAsync($"[{Channels}, height, width]", Frames("latents", DataType.Float32, [8, 1, 1], new byte[32]));
        await RefusedAsync($"[{Channels}, height, width]", Frames("latents", DataType.Float32, [1, Channels, 1, 1], new byte[Channels * 4]));
        await RefusedAsync($"[{Channels}, height, width]", Header(DataType.Float32, [Channels, 0, 4], 0));
        await RefusedAsync($"[{Channels}, height, width]", Header(DataType.Float32, [Channels, -1, -1], 64));
        await RefusedAsync("twice", [.. Frames("latents", DataType.Float32, [Channels, 1, 1], new byte[Channels * 4]), .. Frames("latents", DataType.Float32, [Channels, 1, 1], new byte[Channels * 4]).Skip(1)]);
    }

    [Fact]
    public async Task Sizes_are_checked_when_they_are_announced()
    {
        await RefusedAsync("1100000 pixels", Header(DataType.Float32, [Channels, 33, 33], (ulong)Channels * 33 * 33 * 4));
        await RefusedAsync("1100000 pixels", Header(DataType.Float32, [Channels, 1L << 40, 1L << 40], 64));
        await RefusedAsync("announces", Header(DataType.Float32, [Channels, 4, 4], 8));
        await RefusedAsync("dtype", Header((DataType)77, [Channels, 4, 4], 1024), "found 77");
    }

    [Fact]
    public async Task Broken_frames_are_named()
    {
        var whole = Frames("latents", DataType.Float32, [Channels, 2, 2], new byte[Channels * 16]);
        await RefusedAsync($"ended after 0 of {Channels * 16}", whole[..2]);
        var damaged = Frames("latents", DataType.Float32, [Channels, 2, 2], new byte[Channels * 16]);
        damaged[^1].Frame.Chunk.Crc32C ^= 1;
        await RefusedAsync("checksum", damaged);
        var shifted = Frames("latents", DataType.Float32, [Channels, 2, 2], new byte[Channels * 16]);
        shifted[^1].Frame.Chunk.Offset = 4;
        await RefusedAsync("continues at 4", shifted);
        await RefusedAsync("neither", [Parameters, new DecodeRequest { Frame = new TensorFrame() }]);
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
            await RefusedAsync("element 37", Frames("latents", dtype, [Channels, 2, 2], Encode(values, dtype).Bytes));
        }
    }

    [Fact]
    public async Task Encoding_is_refused_with_a_reason()
    {
        using var call = host.Client.Encode(cancellationToken: Stop);
        var refused = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Stop));
        Assert.Equal(StatusCode.Unimplemented, refused.StatusCode);
        Assert.Equal(StageFault.Types.Kind.Unsupported, StageFaults.Read(refused)!.Kind);
    }

    [Fact]
    public async Task A_cancelled_call_stops_and_frees_everything()
    {
        // On a busy machine a call can be over before the cancellation reaches it; then the next one is tried.
        RpcException? cancelled = null;
        for (var attempt = 0; attempt < 20 && cancelled is null; attempt++)
        {
            using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Stop);
            var decoding = DecodeAsync(Frames("latents", DataType.Float32, [Channels, 32, 32], new byte[Channels * 32 * 32 * 4]), cancel.Token);
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
        var frames = Frames("latents", DataType.Float32, [Channels, 2, 2], Encode(Latents(Channels * 4), DataType.Float32).Bytes);
        var pictures = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => DecodeAsync(frames)));
        Assert.All(pictures, picture => Assert.Equal(pictures[0].Picture, picture.Picture));
        Assert.Equal(host.IdleTensors, host.Backend.LiveTensors);
    }

    [Fact]
    public async Task Metrics_and_health_are_served()
    {
        await DecodeAsync(Frames("latents", DataType.Float32, [Channels, 1, 1], new byte[Channels * 4]));
        using var http = new HttpClient { BaseAddress = host.Http };
        Assert.Contains("qwenmesh_vae_decode_duration_seconds_count", await http.GetStringAsync("/metrics", Stop), StringComparison.Ordinal);
        Assert.True((await http.GetAsync("/health/ready", Stop)).IsSuccessStatusCode);
    }

    private static DecodeRequest Parameters => new() { Parameters = new DecodeParameters() };

    private async Task<(byte[] Picture, long[] Shape, DecodeFinished Finished)> DecodeAsync(
        IReadOnlyList<DecodeRequest> requests, CancellationToken cancellationToken = default)
    {
        using var call = host.Client.Decode(cancellationToken: cancellationToken);
        foreach (var request in requests)
        {
            await call.RequestStream.WriteAsync(request, cancellationToken);
        }
        await call.RequestStream.CompleteAsync();
        using var assembler = new TensorAssembler(new TensorLimits());
        DecodeFinished? finished = null;
        while (await call.ResponseStream.MoveNext(cancellationToken))
        {
            Assert.Null(finished);
            var response = call.ResponseStream.Current;
            if (response.KindCase == DecodeResponse.KindOneofCase.Finished)
            {
                finished = response.Finished;
            }
            else
            {
                assembler.Accept(response.Frame);
            }
        }
        using var image = Assert.Single(assembler.Complete()).Value;
        Assert.Equal(("image", DataType.Uint8), (image.Name, image.DataType));
        Assert.NotNull(finished);
        return (image.Bytes.ToArray(), image.Shape, finished);
    }

    private async Task RefusedAsync(string reason, IReadOnlyList<DecodeRequest> requests, string? alternative = null)
    {
        using var call = host.Client.Decode(cancellationToken: Stop);
        try
        {
            foreach (var request in requests)
            {
                await call.RequestStream.WriteAsync(request, Stop);
            }
            await call.RequestStream.CompleteAsync();
        }
        catch (RpcException)
        {
            // The call may be refused while it is still being sent; the status is read below.
        }
        var refused = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Stop));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        var fault = StageFaults.Read(refused);
        Assert.NotNull(fault);
        Assert.Equal(("vae", StageFault.Types.Kind.InvalidRequest, false), (fault.Stage, fault.Kind, fault.Retryable));
        Assert.Contains(alternative ?? reason, fault.Detail, StringComparison.Ordinal);
    }

    private static List<DecodeRequest> Frames(string name, DataType dtype, long[] shape, byte[] bytes) =>
        [Parameters, .. TensorFrames.Split(name, dtype, shape, bytes, 1000).Select(frame => new DecodeRequest { Frame = frame })];

    private static List<DecodeRequest> Header(DataType dtype, long[] shape, ulong bytes)
    {
        var header = new TensorHeader { Name = "latents", Dtype = dtype, ByteLength = bytes };
        header.Shape.AddRange(shape);
        return [Parameters, new DecodeRequest { Frame = new TensorFrame { Header = header } }];
    }

    private static float[] Latents(int count)
    {
        var random = new Random(count);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 4) - 2)];
    }

    /// <summary>The values as they travel, and as they are read back.</summary>
    private static (byte[] Bytes, float[] Rounded) Encode(float[] values, DataType dtype)
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
