using QwenMesh.Checkpoints;
using QwenMesh.Tensors.Cpu;
using QwenMesh.Vae.Autoencoder;

namespace QwenMesh.Vae.Tests.Autoencoder;

public sealed class WrongCheckpointTests
{
    [Fact]
    public void Weights_that_do_not_fit_the_config_are_refused_and_named()
    {
        using var backend = new CpuBackend();
        using var checkpoint = Checkpoint.Open(VaeHost.Model);
        var config = AutoencoderConfig.Parse(checkpoint.ReadConfig("vae"));

        Assert.Equal("encoder.conv_in.weight", Refused(config with { BaseDim = 16 }).Tensor);
        Assert.Equal("encoder.down_blocks.1.norm1.gamma", Refused(config with { NumResBlocks = config.NumResBlocks + 1 }).Tensor);
        Assert.Contains(
            "time_conv", Refused(config with { TemporalDownsample = new bool[config.TemporalDownsample.Length] }).Tensor, StringComparison.Ordinal);

        CheckpointException Refused(AutoencoderConfig wrong) =>
            Assert.Throws<CheckpointException>(() => new AutoencoderKLQwenImage(wrong, checkpoint.OpenWeights("vae"), backend));
    }
}
