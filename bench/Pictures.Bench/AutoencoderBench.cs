using BenchmarkDotNet.Attributes;
using QwenMesh.Checkpoints;
using QwenMesh.Imaging;
using QwenMesh.Tensors.Cpu;
using QwenMesh.Vae;
using QwenMesh.Vae.Autoencoder;
using QwenMesh.Vae.Pixels;
using QwenMesh.Vae.Tiling;

namespace QwenMesh.Pictures.Bench;

/// <summary>The Vae's work on a 1024x1024 picture with the shipped checkpoint on the CPU engine, host to host, and the resizing before it.</summary>
public class AutoencoderBench
{
    private readonly CpuBackend _backend = new();
    private readonly RgbImage _image = SamplePictures.Make(Sample.Noisy);
    private Checkpoint _checkpoint = null!;
    private AutoencoderKLQwenImage _autoencoder = null!;
    private LatentDecoder _decoder = null!;
    private LatentDecoder _tiledDecoder = null!;
    private PictureEncoder _encoder = null!;
    private PictureEncoder _tiledEncoder = null!;
    private Latents _latents = null!;
    private RgbImage _large = null!;

    [GlobalSetup]
    public void Setup()
    {
        _checkpoint = Checkpoint.Open(Path.Combine(Repository(), "models", "qwen-image-nano"));
        _autoencoder = new AutoencoderKLQwenImage(
            AutoencoderConfig.Parse(_checkpoint.ReadConfig("vae")), _checkpoint.OpenWeights("vae"), _backend);
        _decoder = new LatentDecoder(_autoencoder, _backend, TilingMode.Never);
        _tiledDecoder = new LatentDecoder(_autoencoder, _backend, TilingMode.Always);
        _encoder = new PictureEncoder(_autoencoder, _backend, TilingMode.Never);
        _tiledEncoder = new PictureEncoder(_autoencoder, _backend, TilingMode.Always);
        var posterior = _encoder.Encode(_image, CancellationToken.None);
        _latents = new Latents(posterior.Mean.ToArray(), posterior.Height, posterior.Width);
        _large = ImageResizer.Resize(_image, 2 * _image.Width, 2 * _image.Height);
    }

    [Benchmark(Baseline = true)]
    public object Decode() => _decoder.Decode(_latents, CancellationToken.None);

    [Benchmark]
    public object DecodeInTiles() => _tiledDecoder.Decode(_latents, CancellationToken.None);

    [Benchmark]
    public object Encode() => _encoder.Encode(_image, CancellationToken.None);

    [Benchmark]
    public object EncodeInTiles() => _tiledEncoder.Encode(_image, CancellationToken.None);

    [Benchmark]
    public object ResizeFrom2048() => ImageResizer.Resize(_large, _image.Width, _image.Height);

    [GlobalCleanup]
    public void Cleanup()
    {
        _decoder.Dispose();
        _tiledDecoder.Dispose();
        _autoencoder.Dispose();
        _checkpoint.Dispose();
        _backend.Dispose();
    }

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "QwenMesh.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException($"no folder above {AppContext.BaseDirectory} holds QwenMesh.sln");
        }
        return folder.FullName;
    }
}
