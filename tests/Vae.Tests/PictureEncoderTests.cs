using QwenMesh.Checkpoints;
using QwenMesh.Imaging;
using QwenMesh.Tensors.Cpu;
using QwenMesh.Testing;
using QwenMesh.Vae.Autoencoder;
using QwenMesh.Vae.Pixels;

namespace QwenMesh.Vae.Tests;

/// <summary>Encoding with the shipped checkpoint: six levels, factor 32.</summary>
public sealed class PictureEncoderTests : IDisposable
{
    private readonly CpuBackend _backend = new();
    private readonly Checkpoint _checkpoint = Checkpoint.Open(VaeHost.Model);
    private readonly AutoencoderConfig _config;
    private readonly AutoencoderKLQwenImage _autoencoder;
    private readonly PictureEncoder _encoder;

    public PictureEncoderTests()
    {
        _config = AutoencoderConfig.Parse(_checkpoint.ReadConfig("vae"));
        _autoencoder = new AutoencoderKLQwenImage(_config, _checkpoint.OpenWeights("vae"), _backend);
        _encoder = new PictureEncoder(_autoencoder, _backend);
    }

    public void Dispose()
    {
        _autoencoder.Dispose();
        Assert.Equal(0, _backend.LiveTensors);
        _checkpoint.Dispose();
        _backend.Dispose();
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 5)]
    [InlineData(7, 3)]
    public void Any_grid_has_one_Gaussian_for_each_cell_and_channel(int height, int width)
    {
        var posterior = Encode(Noise(height, width, 1));
        Assert.Equal((height, width), (posterior.Height, posterior.Width));
        Assert.Equal((_config.ZDim, _config.ZDim * height * width * 2 * sizeof(float)), (posterior.Channels, posterior.Bytes.Length));
        foreach (var logVariance in posterior.LogVariance)
        {
            Assert.InRange(logVariance, -30 - (2 * Math.Log(_config.LatentsStd[0])), 20 - (2 * Math.Log(_config.LatentsStd[0])));
        }
    }

    [Fact]
    public void The_result_does_not_depend_on_threads_or_on_simultaneous_runs()
    {
        var picture = Noise(4, 4, 2);
        var expected = Encode(picture);
        using var alone = new CpuBackend(new CpuOptions { Threads = 1 });
        using (var autoencoder = new AutoencoderKLQwenImage(_config, _checkpoint.OpenWeights("vae"), alone))
        {
            var found = new PictureEncoder(autoencoder, alone).Encode(picture, TestContext.Current.CancellationToken);
            Assert.Equal(expected.Bytes, found.Bytes);
        }
        Assert.Equal(0, alone.LiveTensors);
        Parallel.For(0, 4, _ => Assert.Equal(expected.Bytes, Encode(picture).Bytes));
    }

    /// <summary>Encoder and decoder are each other's inverse on flat colours, which the checkpoint was trained on.</summary>
    [Theory]
    [InlineData(220, 40, 40)]
    [InlineData(40, 60, 220)]
    [InlineData(250, 250, 250)]
    public void An_encoded_colour_is_decoded_as_itself(byte red, byte green, byte blue)
    {
        var side = 4 * _config.ScaleFactor;
        var picture = new RgbImage(side, side, Enumerable.Repeat((byte[])[red, green, blue], side * side).SelectMany(pixel => pixel).ToArray());
        var posterior = Encode(picture);
        using var decoder = new LatentDecoder(_autoencoder, _backend);
        var back = decoder.Decode(new Latents(posterior.Mean.ToArray(), posterior.Height, posterior.Width), TestContext.Current.CancellationToken);
        var difference = picture.Pixels.ToArray().Zip(back.Pixels.ToArray(), (a, b) => Math.Abs(a - b)).Average();
        Assert.True(difference < 12, $"samples differ by {difference:0.0} of 255 on average");
    }

    [Fact]
    public async Task Cancellation_stops_between_blocks_and_frees_everything()
    {
        var idle = _backend.LiveTensors;
        var picture = Noise(32, 32, 3);
        // On a busy machine a run can be over before the cancellation reaches it; then the next one is tried.
        OperationCanceledException? stopped = null;
        for (var attempt = 0; attempt < 20 && stopped is null; attempt++)
        {
            using var cancel = new CancellationTokenSource();
            var encoding = Task.Factory.StartNew(
                () => _encoder.Encode(picture, cancel.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            SpinWait.SpinUntil(() => _backend.LiveTensors != idle || encoding.IsCompleted);
            cancel.Cancel();
            stopped = await Record.ExceptionAsync(() => encoding) as OperationCanceledException;
            Assert.Equal(idle, _backend.LiveTensors);
        }
        Assert.NotNull(stopped);
    }

    private Posterior Encode(RgbImage picture) => _encoder.Encode(picture, TestContext.Current.CancellationToken);

    private RgbImage Noise(int height, int width, int seed)
    {
        var pixels = new byte[height * width * _config.ScaleFactor * _config.ScaleFactor * 3];
        new Random(seed).NextBytes(pixels);
        return new RgbImage(width * _config.ScaleFactor, height * _config.ScaleFactor, pixels);
    }
}
