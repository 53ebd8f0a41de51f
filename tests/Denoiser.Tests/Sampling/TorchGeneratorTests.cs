using System.Diagnostics;
using QwenMesh.Denoiser.Sampling;
using QwenMesh.Denoiser.Tests.Golden;
using QwenMesh.Testing;

namespace QwenMesh.Denoiser.Tests.Sampling;

public sealed class TorchGeneratorTests
{
    [Fact]
    public void RawWordsOfSeedZero()
    {
        var engine = new MersenneTwister(0);
        uint[] words = [.. Enumerable.Range(0, 5).Select(_ => engine.NextUInt32())];
        Assert.Equal([2357136044u, 2546248239u, 3071714933u, 3626093760u, 2588848963u], words);
    }

    [Theory]
    [InlineData(5, (1UL << 32) + 5)]
    [InlineData(0xFFFFFFFF, ulong.MaxValue)]
    public void SeedsCountModulo32Bits(ulong seed, ulong same) => Assert.Equal(Draw(seed, 64), Draw(same, 64));

    [Fact]
    public void SecondHalfOfAPairSurvivesALargeDraw()
    {
        var generator = new TorchGenerator(7);
        generator.FillNormal(new float[3]);
        generator.FillNormal(new float[16]);
        var last = new float[1];
        generator.FillNormal(last);
        Assert.Equal(Draw(7, 4)[3], last[0]);
    }

    [Fact]
    public void ScalarAndVectorTransformsAgreeInEveryBit()
    {
        var uniforms = new Random(3);
        for (var i = 0; i < 20_000; i++)
        {
            var scalar = new float[BoxMuller.Block];
            for (var k = 0; k < scalar.Length; k++)
            {
                // Now and then the ends of the range.
                scalar[k] = uniforms.Next(50) switch { 0 => 0f, 1 => 1f - (1f / (1 << 24)), _ => uniforms.Next(1 << 24) / (float)(1 << 24) };
            }
            var vector = scalar.ToArray();
            BoxMuller.TransformScalar(scalar);
            BoxMuller.TransformVector(vector);
            TensorAssert.Exact(scalar, vector, "block");
        }
    }

    /// <summary>The recorded draws once more in a process that must do without vectors or without fused multiply-add.</summary>
    [Theory]
    [InlineData("DOTNET_EnableHWIntrinsic")]
    [InlineData("DOTNET_EnableFMA")]
    public async Task SameBitsWithoutTheInstructionsAsync(string switchedOff)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        var assembly = typeof(TorchGeneratorTests).Assembly.Location;
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Add(assembly);
        }
        start.ArgumentList.Add("--filter-method");
        start.ArgumentList.Add($"{typeof(NoiseGoldenTests).FullName}.{nameof(NoiseGoldenTests.EveryRecordedDraw)}");
        start.Environment[switchedOff] = "0";
        using var process = Process.Start(start)!;
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
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
