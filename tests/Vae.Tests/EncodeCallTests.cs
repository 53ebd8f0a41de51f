using Grpc.Core;
using QwenMesh.Imaging;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.Testing;

namespace QwenMesh.Vae.Tests;

/// <summary>VaeStage.Encode over loopback, through the generated client.</summary>
public sealed class EncodeCallTests(VaeHost host) : IClassFixture<VaeHost>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_answer_is_what_the_encoder_returns_in_process()
    {
        var picture = Noise(160, 96);
        var answer = await host.Client.EncodeAsync(VaeCalls.Encode(Frames(picture)), Stop);
        Assert.Equal(("posterior", DataType.Float32), (answer.Name, answer.DataType));
        Assert.Equal([2 * host.LatentChannels, 3, 5], answer.Shape);
        Assert.Equal(host.VaeModel.Loaded!.Encoder.Encode(picture, Stop).Bytes, answer.Bytes);
        Assert.True(answer.Finished.ComputeSeconds > 0);
        Assert.Equal(host.IdleTensors, host.Backend.LiveTensors);
    }

    [Theory]
    [InlineData(77, 140)]
    [InlineData(2000, 31)]
    [InlineData(1, 1)]
    public async Task A_picture_is_resized_as_the_reference_does(int width, int height)
    {
        var picture = Noise(width, height);
        var answer = await host.Client.EncodeAsync(VaeCalls.Encode(Frames(picture), height: 128, width: 64), Stop);
        Assert.Equal([2 * host.LatentChannels, 4, 2], answer.Shape);
        Assert.Equal(host.VaeModel.Loaded!.Encoder.Encode(ImageResizer.Resize(picture, 64, 128), Stop).Bytes, answer.Bytes);
    }

    [Fact]
    public async Task A_picture_above_the_limit_is_encoded_at_a_size_below_it()
    {
        var answer = await host.Client.EncodeAsync(VaeCalls.Encode(Frames(Noise(1200, 1000)), height: 32, width: 32), Stop);
        Assert.Equal([2 * host.LatentChannels, 1, 1], answer.Shape);
    }

    [Theory]
    [InlineData(0, 32, "parameters.height")]
    [InlineData(32, 0, "parameters.width")]
    [InlineData(48, 32, "parameters.height")]
    [InlineData(32, 33, "parameters.width")]
    [InlineData(-32, 32, "parameters.height")]
    [InlineData(32, int.MinValue, "parameters.width")]
    [InlineData(1 << 20, 32, "parameters.height")]
    [InlineData(2048, 1024, "parameters.height")]
    public async Task Sizes_that_cannot_be_encoded_are_refused_before_the_picture(int height, int width, string field) =>
        await RefusedAsync("", [VaeCalls.Parameters(height, width)], field);

    [Fact]
    public async Task The_tensor_must_be_a_picture()
    {
        var pixels = new byte[32 * 32 * 3];
        await RefusedAsync("'image' is missing", [VaeCalls.Parameters(0, 0)]);
        await RefusedAsync("found 'latents'", VaeCalls.Encode(VaeCalls.Frames("latents", DataType.Uint8, [32, 32, 3], pixels)));
        await RefusedAsync("found 'image[2]'", VaeCalls.Encode(VaeCalls.Frames("image", DataType.Uint8, [32, 32, 3], pixels, index: 2)));
        await RefusedAsync("found Float32", VaeCalls.Encode(VaeCalls.Frames("image", DataType.Float32, [16, 16, 3], pixels)));
        await RefusedAsync("[height, width, 3]", VaeCalls.Encode(VaeCalls.Frames("image", DataType.Uint8, [3, 32, 32], pixels)));
        await RefusedAsync("[height, width, 3]", VaeCalls.Encode(VaeCalls.Frames("image", DataType.Uint8, [32, 24, 4], pixels)));
        await RefusedAsync("[height, width, 3]", VaeCalls.Encode(VaeCalls.Frames("image", DataType.Uint8, [1, 32, 32, 3], pixels)));
        await RefusedAsync("twice", [.. VaeCalls.Encode(Frames(Noise(32, 32))), new VaeEncodeRequest { Frame = VaeCalls.Frames("image", DataType.Uint8, [32, 32, 3], pixels, id: 8).First() }]);
        await RefusedAsync("multiples of 32", VaeCalls.Encode(Frames(Noise(32, 31))));
        await RefusedAsync("multiples of 32", VaeCalls.Encode(Frames(Noise(31, 32))));
    }

    [Fact]
    public async Task Sizes_are_checked_when_they_are_announced()
    {
        await RefusedAsync("1100000 pixels", Header([1088, 1024, 3], 1088 * 1024 * 3));
        await RefusedAsync("up to 65536", Header([1, 65568, 3], 65568 * 3));
        await RefusedAsync("up to 65536", Header([1, 1 << 26, 3], 3UL << 26, height: 32, width: 32));
        await RefusedAsync("beyond the limit", Header([65536, 65536, 3], 3UL << 32, height: 32, width: 32));
        await RefusedAsync("shape", Header([1L << 40, 1L << 40, 3], 64, height: 32, width: 32));
        await RefusedAsync("announces", Header([32, 32, 3], 8));
    }

    [Fact]
    public async Task A_picture_that_ends_early_is_refused() =>
        await RefusedAsync("1000 of 3072", VaeCalls.Encode(Frames(Noise(32, 32)))[..3]);

    [Fact]
    public async Task Features_that_are_not_known_are_refused()
    {
        await host.Client.EncodeAsync([VaeCalls.Parameters(0, 0, StageFeatures.VaeEncode), .. VaeCalls.Encode(Frames(Noise(32, 32))).Skip(1)], Stop);
        var (code, fault) = await VaeCalls.RefusedAsync(host.Client.Encode(cancellationToken: Stop), [VaeCalls.Parameters(0, 0, "alpha")], Stop);
        Assert.Equal((StatusCode.Unimplemented, FaultReasons.FeatureMissing), (code, fault.Reason));
    }

    [Fact]
    public async Task A_cancelled_call_stops_and_frees_everything()
    {
        // On a busy machine a call can be over before the cancellation reaches it; then the next one is tried.
        RpcException? cancelled = null;
        for (var attempt = 0; attempt < 20 && cancelled is null; attempt++)
        {
            using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Stop);
            var encoding = host.Client.EncodeAsync(VaeCalls.Encode(Frames(Noise(1024, 1024))), cancel.Token);
            await Eventually.TrueAsync(() => host.Backend.LiveTensors > host.IdleTensors || encoding.IsCompleted, "the encoding begins");
            await cancel.CancelAsync();
            cancelled = await Record.ExceptionAsync(() => encoding) as RpcException;
            await Eventually.TrueAsync(() => host.Gate.Running == 0, "the cancelled call has left");
            Assert.Equal(host.IdleTensors, host.Backend.LiveTensors);
        }
        Assert.Equal(StatusCode.Cancelled, cancelled?.StatusCode);
    }

    [Fact]
    public async Task Encodings_and_decodings_share_the_queue()
    {
        var encode = VaeCalls.Encode(Frames(Noise(64, 64)));
        var decode = VaeCalls.Decode(VaeCalls.Frames("latents", DataType.Float32, [host.LatentChannels, 2, 2], new byte[host.LatentChannels * 16]));
        var encodings = Enumerable.Range(0, 6).Select(_ => host.Client.EncodeAsync(encode, Stop)).ToArray();
        var decodings = Enumerable.Range(0, 6).Select(_ => host.Client.DecodeAsync(decode, Stop)).ToArray();
        await Task.WhenAll([.. encodings, .. decodings]);
        Assert.All(encodings, answer => Assert.Equal(encodings[0].Result.Bytes, answer.Result.Bytes));
        Assert.All(decodings, answer => Assert.Equal(decodings[0].Result.Bytes, answer.Result.Bytes));
        Assert.Equal(host.IdleTensors, host.Backend.LiveTensors);
    }

    private async Task RefusedAsync(string reason, IReadOnlyList<VaeEncodeRequest> requests, string? field = null)
    {
        var (code, fault) = await VaeCalls.RefusedAsync(host.Client.Encode(cancellationToken: Stop), requests, Stop);
        Assert.Equal((StatusCode.InvalidArgument, "vae", FaultReasons.InvalidRequest, false), (code, fault.Stage, fault.Reason, fault.Retryable));
        Assert.Contains(reason, fault.Detail, StringComparison.Ordinal);
        Assert.Equal(field is null ? [] : [field], fault.Fields.Select(at => at.Field));
    }

    private static List<VaeEncodeRequest> Header(long[] shape, ulong bytes, int height = 0, int width = 0) =>
        VaeCalls.Encode([VaeCalls.Header("image", DataType.Uint8, shape, bytes)], height, width);

    private static IEnumerable<TensorFrame> Frames(RgbImage picture) =>
        VaeCalls.Frames("image", DataType.Uint8, [picture.Height, picture.Width, 3], picture.Pixels.ToArray());

    private static RgbImage Noise(int width, int height)
    {
        var pixels = new byte[width * height * 3];
        new Random(width).NextBytes(pixels);
        return new RgbImage(width, height, pixels);
    }
}
