using QwenMesh.Checkpoints;
using QwenMesh.Denoiser.Sampling;

namespace QwenMesh.Denoiser.Tests.Sampling;

public sealed class FlowMatchScheduleTests
{
    [Theory]
    [InlineData("{}")]
    [InlineData("""{ "use_dynamic_shifting": true, "shift_terminal": 0.02 }""")]
    [InlineData("""{ "shift": 3.0, "shift_terminal": 0.02 }""")]
    [InlineData("""{ "use_dynamic_shifting": true, "time_shift_type": "linear" }""")]
    public void One_step_goes_from_noise_to_the_picture(string json)
    {
        foreach (var config in new[] { SchedulerConfig.Parse(json), SchedulerConfig.Parse(json).Lightning() })
        {
            var schedule = FlowMatchSchedule.Create(config, 1, 4096);
            Assert.Equal([1f, 0f], schedule.Sigmas);
            Assert.Equal([1000f], schedule.Timesteps);
            Assert.Equal(-1f, schedule.Delta(0));
        }
    }

    [Fact]
    public void A_static_shift_moves_all_levels_but_the_ends()
    {
        var schedule = FlowMatchSchedule.Create(SchedulerConfig.Parse("""{ "shift": 3.0 }"""), 4, 77);
        // 3σ/(1+2σ) of 1, 3/4, 1/2, 1/4
        float[] expected = [1f, 0.9f, 0.75f, 0.5f, 0f];
        Assert.Equal(expected.Length, schedule.Sigmas.Length);
        Assert.All(expected.Zip(schedule.Sigmas), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
    }

    [Fact]
    public void A_linear_shift_moves_the_levels()
    {
        var config = SchedulerConfig.Parse("""{ "use_dynamic_shifting": true, "time_shift_type": "linear", "base_shift": 2, "max_shift": 2 }""");
        // 2/(2 + 1/σ − 1) of 1, 1/2
        Assert.Equal(2f / 3f, FlowMatchSchedule.Create(config, 2, 1000).Sigmas[1], 1e-6);
    }

    [Fact]
    public void Terminal_stretch_keeps_the_ends()
    {
        var schedule = FlowMatchSchedule.Create(SchedulerConfig.Parse("""{ "shift_terminal": 0.1 }"""), 5, 256);
        Assert.Equal(1f, schedule.Sigmas[0]);
        Assert.Equal(0.1f, schedule.Sigmas[4], 1e-6);
        Assert.Equal(0f, schedule.Sigmas[5]);
    }

    [Theory]
    [InlineData("use_karras_sigmas")]
    [InlineData("use_exponential_sigmas")]
    [InlineData("use_beta_sigmas")]
    [InlineData("invert_sigmas")]
    [InlineData("stochastic_sampling")]
    public void Unsupported_options_are_refused_by_name(string option)
    {
        var refused = Assert.Throws<CheckpointException>(() => SchedulerConfig.Parse($$"""{ "{{option}}": true }"""));
        Assert.Contains(option, refused.Message, StringComparison.Ordinal);
        Assert.Contains("scheduler_config.json", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "_class_name": "EulerDiscreteScheduler" }""", "EulerDiscreteScheduler")]
    [InlineData("""{ "time_shift_type": "cosine" }""", "cosine")]
    [InlineData("""{ "shift_terminal": 1.0 }""", "shift_terminal")]
    [InlineData("""{ "shift_terminal": -0.1 }""", "shift_terminal")]
    [InlineData("""{ "shift": 0 }""", "shift")]
    [InlineData("""{ "shift": "three" }""", "shift")]
    [InlineData("""{ "max_shift": 1e999 }""", "max_shift")]
    [InlineData("""{ "base_image_seq_len": 512, "max_image_seq_len": 512 }""", "max_image_seq_len")]
    [InlineData("""{ "use_dynamic_shifting": 1 }""", "use_dynamic_shifting")]
    [InlineData("[]", "object")]
    [InlineData("{", "JSON")]
    public void Malformed_files_name_what_is_wrong(string json, string named)
    {
        var refused = Assert.Throws<CheckpointException>(() => SchedulerConfig.Parse(json));
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Shifts_that_cannot_fall_are_refused()
    {
        var config = SchedulerConfig.Parse("""{ "use_dynamic_shifting": true, "base_shift": 200, "max_shift": 200 }""");
        Assert.Throws<CheckpointException>(() => FlowMatchSchedule.Create(config, 4, 4096));
    }
}
