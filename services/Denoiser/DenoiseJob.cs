using QwenMesh.Denoiser.Latents;
using QwenMesh.Denoiser.Sampling;
using QwenMesh.Denoiser.Transformer;

namespace QwenMesh.Denoiser;

/// <summary>One picture to denoise. Everything in it has been checked.</summary>
internal sealed record DenoiseJob
{
    public required LatentGrid Grid { get; init; }

    /// <summary>Of the whole schedule, with those that <see cref="InitialPicture.Strength"/> leaves out.</summary>
    public required int Steps { get; init; }

    /// <summary>Qwen-Image-Lightning's schedule in place of the checkpoint's.</summary>
    public bool Lightning { get; init; }

    public float TrueCfgScale { get; init; } = 1;

    public ulong Seed { get; init; }

    public required PromptEmbeds Prompt { get; init; }

    public PromptEmbeds? NegativePrompt { get; init; }

    /// <summary>[channels, height, width] in place of the seed's.</summary>
    public float[]? Noise { get; init; }

    /// <summary>Pictures to look at, in order.</summary>
    public IReadOnlyList<ReferencePicture> References { get; init; } = [];

    public InitialPicture? Initial { get; init; }

    public IReadOnlyList<ControlPicture> Controls { get; init; } = [];

    /// <summary>A run that was left after some of its steps; null to begin at the start.</summary>
    public StartingPoint? Resume { get; init; }

    /// <summary>Steps between previews; 0 for none.</summary>
    public int PreviewInterval { get; init; }

    /// <summary>Steps between checkpoints; 0 for none.</summary>
    public int CheckpointInterval { get; init; }

    /// <summary>Whether every step runs a second pass, with the negative prompt.</summary>
    public bool IsGuided => TrueCfgScale > 1 && NegativePrompt is not null;

    /// <summary>Steps at the schedule's start that are left out because the initial picture stands for them.</summary>
    public int LeftOutSteps => Initial is null ? 0 : InitialPicture.LeftOutSteps(Steps, Initial.Strength);

    /// <summary>Steps of the run that are done already.</summary>
    public int StartStep => Resume?.Step ?? 0;

    /// <summary>Steps of the run.</summary>
    public int RunSteps => Steps - LeftOutSteps;

    /// <summary>The picture that is drawn, then the references.</summary>
    public IReadOnlyList<LatentGrid> Images =>
        [Grid, .. Initial is { IsReference: true } ? [Grid] : Array.Empty<LatentGrid>(), .. References.Select(reference => reference.Grid)];
}

/// <param name="Grid">Its size.</param>
/// <param name="Latents">[C, H, W] of that size, normalised.</param>
internal sealed record ReferencePicture(LatentGrid Grid, float[] Latents);

/// <summary>The picture that the run begins from, of the drawn picture's size.</summary>
/// <param name="Latents">Its encoding, which is sampled.</param>
/// <param name="Strength">How much of the schedule is run: above 0 to 1.</param>
internal sealed record InitialPicture(Posterior Latents, double Strength)
{
    /// <summary>[H, W], 1 where the picture is drawn anew and 0 where it stays; null: it is drawn anew everywhere.</summary>
    public byte[]? Mask { get; init; }

    /// <summary>Steps at the schedule's start that it stands for.</summary>
    public static int LeftOutSteps(int steps, double strength) => (int)Math.Max(steps - Math.Min(steps * strength, steps), 0);

    /// <summary>Whether it is the first reference, too (QwenImageEditInpaintPipeline).</summary>
    public bool IsReference { get; init; }
}

/// <summary>A picture that guides the drawing through a control network.</summary>
/// <param name="Network">What reads it.</param>
/// <param name="Latents">Its encoding, of the drawn picture's size, which is sampled.</param>
/// <param name="Scale">Factor on the network's residuals.</param>
internal sealed record ControlPicture(ControlNetwork Network, Posterior Latents, float Scale)
{
    /// <summary>Part of the run in which the network works, 0 to 1.</summary>
    public double Start { get; init; }

    public double End { get; init; } = 1;

    /// <summary>Whether it works in a step, from 0.</summary>
    public bool WorksIn(int step, int steps) => Scale != 0 && (double)step / steps >= Start && (step + 1.0) / steps <= End;
}

/// <param name="Step">Steps that are done, of <see cref="DenoiseJob.RunSteps"/>.</param>
/// <param name="Latents">[C, H, W]: their result, as a checkpoint had it.</param>
internal sealed record StartingPoint(int Step, float[] Latents);
