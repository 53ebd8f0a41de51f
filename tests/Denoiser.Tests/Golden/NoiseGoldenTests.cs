using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using QwenMesh.Denoiser.Sampling;
using QwenMesh.Testing;

namespace QwenMesh.Denoiser.Tests.Golden;

/// <summary>Noise equals torch's CPU generator bit for bit.</summary>
public sealed class NoiseGoldenTests
{
    public static IEnumerable<object[]> Cases => GoldenCase.TextToImage;

    public static IEnumerable<object[]> Sampled => GoldenCase.Of(
        "QwenImageImg2ImgPipeline", "QwenImageInpaintPipeline", "QwenImageEditInpaintPipeline", "QwenImageControlNetPipeline");

    [Fact]
    public void Every_recorded_draw_is_repeated()
    {
        using var recorded = new GoldenTensors(GoldenFolder.Numerics("noise.safetensors"));
        var draws = 0;
        foreach (var name in recorded.Names)
        {
            // randn.seed42.n100, or randn.seed42.twice: 64 draws, then the rest from the same generator.
            var parts = name.Split('.');
            var expected = recorded[name].Whole;
            var actual = new float[expected.Length];
            var generator = new TorchGenerator(ulong.Parse(parts[1]["seed".Length..], CultureInfo.InvariantCulture));
            var first = parts[2] == "twice" ? 64 : actual.Length;
            generator.FillNormal(actual.AsSpan(0, first));
            if (first < actual.Length)
            {
                generator.FillNormal(actual.AsSpan(first));
            }
            TensorAssert.Exact(expected, actual, name);
            draws++;
        }
        Assert.NotEqual(0, draws);
    }

    [Theory]
    [InlineData(0, 128, "dce02e02da56c18c29a262a316bf45fbfe564688cdb52f255f223aefdadfa3d5")]
    [InlineData(0, 166, "7618713b833725930126e154b59e1eb6b2f67c20a4c4da3a317c0e27cb8b7f0a")]
    [InlineData(42, 128, "9d775f7135ddb2c8e138af1eeef8cdc1aeb25afeba22820c28e98f22794622f7")]
    [InlineData(42, 166, "5c077f34fa85ffcda6cbf583b44b22e0efb42001e1aa05dc835fb502a253feba")]
    [InlineData(1234, 128, "90ef0f0547d0025d330d86c7a4df29db98f6949deed469dbcbfb6b8cfef833a0")]
    [InlineData(1234, 166, "a2c4cb22967e0aa977ce7a10c6559de5674645ea0c96bb5046db30f600658f19")]
    public void Noise_of_whole_pictures_has_the_recorded_hash(ulong seed, int side, string sha256)
    {
        var noise = Draw(seed, 16 * side * side);
        Assert.Equal(sha256, Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(noise.AsSpan()))));
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void Noise_of_a_case_is_the_recorded_one(string name)
    {
        using var golden = GoldenCase.Open(name);
        var expected = golden.Tensors["noise.0"];
        TensorAssert.Exact(expected, Draw(golden.Seed, (int)expected.Shape.Count));
    }

    /// <summary>Posteriors, the latent noise and, for inpainting, a picture that is not used: all from one generator.</summary>
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Sampled))]
    public void Every_draw_of_a_case_is_the_recorded_one(string name)
    {
        using var golden = GoldenCase.Open(name);
        var generator = new TorchGenerator(golden.Seed);
        var draws = 0;
        for (; golden.Tensors.Has($"noise.{draws}"); draws++)
        {
            var expected = golden.Tensors[$"noise.{draws}"];
            var actual = new float[expected.Shape.Count];
            generator.FillNormal(actual);
            TensorAssert.Exact(expected, actual);
        }
        Assert.True(draws > 1);
    }

    private static float[] Draw(ulong seed, int count)
    {
        var noise = new float[count];
        new TorchGenerator(seed).FillNormal(noise);
        return noise;
    }
}
