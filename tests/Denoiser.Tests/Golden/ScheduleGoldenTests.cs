using System.Text.Json;
using QwenMesh.Denoiser.Sampling;
using QwenMesh.Testing;

namespace QwenMesh.Denoiser.Tests.Golden;

/// <summary>Noise levels and timesteps equal the reference's in every bit.</summary>
public sealed class ScheduleGoldenTests
{
    public static IEnumerable<object[]> Cases => GoldenCase.TextToImage;

    private static readonly SchedulerConfig Released = SchedulerConfig.Parse("""
        {
          "_class_name": "FlowMatchEulerDiscreteScheduler", "base_image_seq_len": 256, "base_shift": 0.5, "max_image_seq_len": 8192,
          "max_shift": 0.9, "num_train_timesteps": 1000, "shift": 1.0, "shift_terminal": 0.02, "use_dynamic_shifting": true
        }
        """);

    public static IEnumerable<object[]> Recorded()
    {
        using var recorded = JsonDocument.Parse(File.ReadAllText(GoldenFolder.Numerics("schedules.json")));
        return [.. recorded.RootElement.EnumerateArray().Select(entry => new object[]
        {
            entry.GetProperty("scheduler").GetString()!, entry.GetProperty("steps").GetInt32(), entry.GetProperty("image_tokens").GetInt32(),
            entry.GetProperty("mu").GetDouble(), Floats(entry, "sigmas"), Floats(entry, "timesteps"),
        })];
    }

    [Theory]
    [MemberData(nameof(Recorded))]
    public void Recorded_schedules_are_repeated(string scheduler, int steps, int imageTokens, double mu, float[] sigmas, float[] timesteps)
    {
        var config = scheduler == "lightning" ? Released.Lightning() : Released;
        var schedule = FlowMatchSchedule.Create(config, steps, imageTokens);
        Assert.Equal(mu, config.Mu(imageTokens));
        TensorAssert.Exact(sigmas, schedule.Sigmas, "sigmas");
        TensorAssert.Exact(timesteps, schedule.Timesteps, "timesteps");
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void The_schedule_of_a_case_is_the_recorded_one(string name)
    {
        using var golden = GoldenCase.Open(name);
        var config = SchedulerConfig.Parse(File.ReadAllText(Path.Combine(golden.ModelFolder, "scheduler", "scheduler_config.json")));
        var tokens = golden.Tensors["latents.1"].Shape[1];
        var schedule = FlowMatchSchedule.Create(golden.Scheduler == "lightning" ? config.Lightning() : config, golden.Steps, tokens);
        TensorAssert.Exact(golden.Sigmas, schedule.Sigmas, "sigmas");
        TensorAssert.Exact(golden.Timesteps, schedule.Timesteps, "timesteps");
        TensorAssert.Exact(golden.Tensors["dit.0.in.timestep"].Whole, [schedule.ModelTime(0)], "time of the first call");
    }

    private static float[] Floats(JsonElement entry, string key) => [.. entry.GetProperty(key).EnumerateArray().Select(value => value.GetSingle())];
}
