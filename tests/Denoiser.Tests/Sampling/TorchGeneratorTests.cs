using System.Diagnostics;
using QwenMesh.Denoiser.Sampling;
using QwenMesh.Denoiser.Tests.Golden;
using QwenMesh.Testing;

namespace QwenMesh.Denoiser.Tests.Sampling;

public sealed class TorchGeneratorTests
{
    [Fact]
    public void Seed_zero_gives_the_published_words()
    {
        var engine = new MersenneTwister(0);
        uint[] words = [.. Enumerable.Range(0, 5).Select(_ => engine.NextUInt32())];
        Assert.Equal([2357136044u, 2546248239u, 3071714933u, 3626093760u, 2588848963u], words);
    }

    [Theory]
    [InlineData(5, (1UL << 32) + 5)]
    [InlineData(0xFFFFFFFF, ulong.MaxValue)]
    public void Seeds_count_modulo_32_bits(ulong seed, ulong same) => Assert.Equal(Draw(seed, 64), Draw(same, 64));

    [Fact]
    public void Second_half_of_a_pair_survives_a_large_draw()
    {
        var generator = new TorchGenerator(7);
        generator.FillNormal(new float[3]);
        generator.FillNormal(new float[16]);
        var last = new float[1];
        generator.FillNormal(last);
        Assert.Equal(Draw(7, 4)[3], last[0]);
    }

    [Fact]
    public void Scalar_and_vector_transforms_agree_in_every_bit()
    {
        var uniforms = new Random(3);
        for (var i = 0; i < 20_000; i++)
        {
            var scalar = new float[BoxMuller.Block];
            for (var k = 0; k < scalar.Length; k++)
            {
                // One in 25 is an end of the range.
                scalar[k] = uniforms.Next(50) switch { 0 => 0f, 1 => 1f - (1f / (1 << 24)), _ => uniforms.Next(1 << 24) / (float)(1 << 24) };
            }
            var vector = scalar.ToArray();
            BoxMuller.TransformScalar(scalar);
            BoxMuller.TransformVector(vector);
            TensorAssert.Exact(scalar, vector, "block");
        }
    }

    /// <summary>The recorded draws in a process with vectors, or fused multiply-add, switched off.</summary>
    [Theory]
    [InlineData("DOTNET_EnableHWIntrinsic")]
    [InlineData("DOTNET_EnableFMA")]
    public async Task Bits_are_the_same_without_the_instructions(string switchedOff)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        var assembly = typeof(TorchGeneratorTests).Assembly.Location;
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Add(assembly);
        }
        start.ArgumentList.Add("--filter-method");
        start.ArgumentList.Add($"{typeof(NoiseGoldenTests).FullName}.{nameof(NoiseGoldenTests.Every_recorded_draw_is_repeated)}");
        start.Environment[switchedOff] = "0";
        using var process = Process.Start(start)!;
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(3));
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(3));
            Assert.True(process.ExitCode == 0, output);
        }
        finally
        {
            process.Kill();
        }
    }

    private static float[] Draw(ulong seed, int count)
    {
        var values = new float[count];
        new TorchGenerator(seed).FillNormal(values);
        return values;
    }
}
