using QwenMesh.Checkpoints;
using QwenMesh.Imaging;
using QwenMesh.Tensors.Cpu;
using QwenMesh.Testing;
using QwenMesh.Vae.Autoencoder;
using QwenMesh.Vae.Pixels;

namespace QwenMesh.Vae.Tests;

/// <summary>Decoding with the shipped checkpoint: six levels, factor 32.</summary>
public sealed class LatentDecoderTests : IDisposable
{
    private readonly CpuBackend _backend = new();
    private readonly Checkpoint _checkpoint = Checkpoint.Open(Path.Combine(GoldenFolder.Repository, "models", "qwen-image-nano"));
    private readonly AutoencoderConfig _config;
    private readonly AutoencoderKLQwenImage _autoencoder;
    private readonly LatentDecoder _decoder;

    public LatentDecoderTests()
    {
        _config = AutoencoderConfig.Parse(_checkpoint.ReadConfig("vae"));
        _autoencoder = new AutoencoderKLQwenImage(_config, _checkpoint.OpenWeights("vae"), _backend);
        _decoder = new LatentDecoder(_autoencoder, _backend);
    }

    public void Dispose()
    {
        _decoder.Dispose();
        _autoencoder.Dispose();
        _checkpoint.Dispose();
        Assert.Equal(0, _backend.LiveTensors);
        _backend.Dispose();
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 5)]
    [InlineData(7, 3)]
    public void Any_grid_becomes_a_picture_of_factor_times_its_size(int height, int width)
    {
        Assert.Equal(32, _config.ScaleFactor);
        var frame = Decode(Latents(height, width, 1), height, width);
        Assert.Equal((width * 32, height * 32, width * height * 1024 * 3), (frame.Width, frame.Height, frame.Pixels.Length));
    }

    [Fact]
    public void A_device_that_is_full_at_any_operation_leaves_nothing_alive()
    {
        using var full = new FullBackend(new CpuBackend());
        using var autoencoder = new AutoencoderKLQwenImage(_config, _checkpoint.OpenWeights("vae"), full);
        using var decoder = new LatentDecoder(autoencoder, full);
        var latents = new Latents(Latents(1, 1, 1), 1, 1);
        var picture = decoder.Decode(latents, TestContext.Current.CancellationToken);
        Assert.InRange(full.AssertNothingStays(() => decoder.Decode(latents, TestContext.Current.CancellationToken)), 50, 1000);
        var encoder = new PictureEncoder(autoencoder, full);
        Assert.InRange(full.AssertNothingStays(() => encoder.Encode(picture, TestContext.Current.CancellationToken)), 50, 1000);
    }

    [Fact]
    public void The_result_does_not_depend_on_threads_or_on_simultaneous_runs()
    {
        var latents = Latents(4, 4, 2);
        var expected = Decode(latents, 4, 4).Pixels.ToArray();
        using var alone = new CpuBackend(new CpuOptions { Threads = 1 });
        using (var autoencoder = new AutoencoderKLQwenImage(_config, _checkpoint.OpenWeights("vae"), alone))
        using (var decoder = new LatentDecoder(autoencoder, alone))
        {
            Assert.Equal(expected, decoder.Decode(new Latents(latents, 4, 4), TestContext.Current.CancellationToken).Pixels.ToArray());
        }
        Assert.Equal(0, alone.LiveTensors);
        Parallel.For(0, 4, _ => Assert.Equal(expected, Decode(latents, 4, 4).Pixels.ToArray()));
    }

    [Fact]
    public async Task Cancellation_stops_between_blocks_and_frees_everything()
    {
        var idle = _backend.LiveTensors;
        var latents = Latents(32, 32, 3);
        // On a busy machine a run can be over before the cancellation reaches it; then the next one is tried.
        OperationCanceledException? stopped = null;
        for (var attempt = 0; attempt < 20 && stopped is null; attempt++)
        {
            using var cancel = new CancellationTokenSource();
            var decoding = Task.Factory.StartNew(
                () => _decoder.Decode(new Latents(latents, 32, 32), cancel.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            SpinWait.SpinUntil(() => _backend.LiveTensors != idle || decoding.IsCompleted);
            cancel.Cancel();
            stopped = await Record.ExceptionAsync(() => decoding) as OperationCanceledException;
            Assert.Equal(idle, _backend.LiveTensors);
        }
        Assert.NotNull(stopped);
    }

    private RgbImage Decode(float[] latents, int height, int width) =>
        _decoder.Decode(new Latents(latents, height, width), TestContext.Current.CancellationToken);

    private float[] Latents(int height, int width, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, _config.ZDim * height * width).Select(_ => (random.NextSingle() * 4) - 2)];
    }
}
