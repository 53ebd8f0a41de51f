using QwenMesh.Checkpoints;
using QwenMesh.Imaging;
using QwenMesh.Tensors;
using QwenMesh.Tensors.Cpu;
using QwenMesh.Testing;
using QwenMesh.Vae.Autoencoder;
using QwenMesh.Vae.Pixels;
using QwenMesh.Vae.Tiling;

namespace QwenMesh.Vae.Tests.Tiling;

/// <summary>Tiles are taken when a picture does not fit, and what it is believed to take is what it takes.</summary>
public sealed class TilingChoiceTests
{
    private const int Cells = 48;

    private static readonly AutoencoderConfig Released = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void Auto_takes_tiles_when_the_device_has_too_little_left()
    {
        using var unlimited = new ShapeOnlyBackend();
        var choice = new TilingChoice(Released, unlimited, TilingMode.Auto);
        Assert.False(choice.IsTiled(256, 256));

        const long Used = 1 << 20;
        var needed = choice.ActivationBytes(256, 256);
        Assert.True(IsTiled(TilingMode.Auto, Used + needed - 1));
        Assert.False(IsTiled(TilingMode.Auto, Used + needed));
        Assert.False(IsTiled(TilingMode.Never, Used));
        Assert.True(IsTiled(TilingMode.Always, long.MaxValue));

        static bool IsTiled(TilingMode mode, long limit)
        {
            using var limited = new ShapeOnlyBackend { Reported = new EngineMemory(InUse: Used, Peak: Used, Limit: limit) };
            var choice = new TilingChoice(Released, limited, mode);
            Assert.False(choice.IsTiled(32, 32)); // One tile.
            return choice.IsTiled(256, 256);
        }
    }

    [Theory]
    [InlineData("decode")]
    [InlineData("encode")]
    public void Activations_are_estimated_within_a_third(string direction)
    {
        using var backend = new CpuBackend(new CpuOptions { Threads = 2 });
        using var checkpoint = Checkpoint.Open(Path.Combine(GoldenFolder.Default, "models", "tiny-qwen-image"));
        var config = AutoencoderConfig.Parse(checkpoint.ReadConfig("vae"));
        using var autoencoder = new AutoencoderKLQwenImage(config, checkpoint.OpenWeights("vae"), backend);
        using var decoder = new LatentDecoder(autoencoder, backend, TilingMode.Never);
        var before = backend.Memory.InUse;
        if (direction == "decode")
        {
            decoder.Decode(new Latents(new float[config.ZDim * Cells * Cells], Cells, Cells), Stop);
        }
        else
        {
            var side = Cells * config.ScaleFactor;
            new PictureEncoder(autoencoder, backend, TilingMode.Never).Encode(new RgbImage(side, side, new byte[side * side * 3]), Stop);
        }
        var taken = backend.Memory.Peak - before;
        var estimated = new TilingChoice(config, backend, TilingMode.Auto).ActivationBytes(Cells, Cells);
        Assert.InRange((double)taken / estimated, 2.0 / 3, 4.0 / 3);
    }
}
