using QwenMesh.Checkpoints;

namespace QwenMesh.Denoiser.Sampling;

/// <summary>time_shift_type: how the dynamic shift moves the noise levels (docs/model.md 7.1).</summary>
internal enum TimeShift
{
    Exponential,
    Linear,
}

/// <summary>scheduler_config.json of a FlowMatchEulerDiscreteScheduler, as far as it is supported.</summary>
internal sealed record SchedulerConfig
{
    public const string File = "scheduler/scheduler_config.json";

    public double BaseShift { get; init; } = 0.5;

    public double MaxShift { get; init; } = 1.15;

    public double BaseImageTokens { get; init; } = 256;

    public double MaxImageTokens { get; init; } = 4096;

    /// <summary>Whether the shift follows the number of tokens; else <see cref="Shift"/> holds at every size.</summary>
    public bool DynamicShift { get; init; }

    public TimeShift TimeShift { get; init; } = TimeShift.Exponential;

    public double Shift { get; init; } = 1;

    /// <summary>The last noise level before 0; null leaves the schedule as it is.</summary>
    public double? TerminalSigma { get; init; }

    /// <summary>Timestep of noise level 1.</summary>
    public double TrainTimesteps { get; init; } = 1000;

    /// <summary>
    /// This schedule with the settings of Qwen-Image-Lightning: shift 3 (mu = ln 3) at every size, and no terminal stretch.
    /// </summary>
    public SchedulerConfig Lightning() => this with
    {
        BaseShift = Math.Log(3),
        MaxShift = Math.Log(3),
        DynamicShift = true,
        TimeShift = TimeShift.Exponential,
        TerminalSigma = null,
    };

    /// <summary>The dynamic shift of a picture with this many tokens.</summary>
    public double Mu(int imageTokens)
    {
        var slope = (MaxShift - BaseShift) / (MaxImageTokens - BaseImageTokens);
        return (imageTokens * slope) + (BaseShift - (slope * BaseImageTokens));
    }

    /// <exception cref="CheckpointException">The file is malformed or asks for an option that is not supported.</exception>
    public static SchedulerConfig Parse(string json)
    {
        var file = new ComponentConfig(File, json);
        file.DemandClass("FlowMatchEulerDiscreteScheduler");
        file.DemandOff("use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas", "invert_sigmas", "stochastic_sampling");
        var terminal = file.Number("shift_terminal", 0);
        if (terminal is < 0 or >= 1)
        {
            throw file.Refuse("shift_terminal to be null or from 0 to below 1", $"{terminal}");
        }
        var config = new SchedulerConfig
        {
            BaseShift = file.Number("base_shift", 0.5),
            MaxShift = file.Number("max_shift", 1.15),
            BaseImageTokens = file.Count("base_image_seq_len", 256),
            MaxImageTokens = file.Count("max_image_seq_len", 4096),
            DynamicShift = file.Flag("use_dynamic_shifting", false),
            TimeShift = file.Text("time_shift_type") switch
            {
                null or "exponential" => TimeShift.Exponential,
                "linear" => TimeShift.Linear,
                var other => throw file.Refuse("time_shift_type exponential or linear", other),
            },
            Shift = file.Number("shift", 1),
            TerminalSigma = terminal == 0 ? null : terminal,
            TrainTimesteps = file.Count("num_train_timesteps", 1000),
        };
        if (config.BaseImageTokens == config.MaxImageTokens)
        {
            throw file.Refuse("base_image_seq_len and max_image_seq_len to differ", $"{config.BaseImageTokens} twice");
        }
        return config.Shift > 0 ? config : throw file.Refuse("shift above 0", $"{config.Shift}");
    }
}
