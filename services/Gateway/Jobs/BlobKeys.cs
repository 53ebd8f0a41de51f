using System.Globalization;

namespace QwenMesh.Gateway.Jobs;

/// <summary>Keys of a job's files.</summary>
internal static class BlobKeys
{
    /// <summary>What all of them begin with.</summary>
    public const string Jobs = "jobs";

    /// <summary>Everything of a job.</summary>
    public static string All(string job) => $"{Jobs}/{job}";

    /// <summary>All previews of a job.</summary>
    public static string Previews(string job) => $"{All(job)}/preview";

    /// <summary>A picture that was sent.</summary>
    /// <param name="job">Its id.</param>
    /// <param name="name">"reference", "mask" or "control".</param>
    /// <param name="index">From 0.</param>
    public static string Input(string job, string name, int index) => string.Create(CultureInfo.InvariantCulture, $"jobs/{job}/{name}/{index}");

    /// <summary>A finished picture. In its job's own folder: each further folder would be one more to make durable before a job ends.</summary>
    /// <param name="job">Its id.</param>
    /// <param name="fence">Of the attempt that drew it: what another attempt has drawn, which may end late, is never overwritten.</param>
    /// <param name="number">The picture, from 0.</param>
    public static string Result(string job, long fence, int number) => string.Create(CultureInfo.InvariantCulture, $"jobs/{job}/result-{fence}-{number}");

    /// <summary>All checkpoints of a job.</summary>
    public static string Checkpoints(string job) => $"{All(job)}/checkpoint";

    /// <summary>What was denoised of a picture; the newest one of its attempt.</summary>
    /// <param name="job">Its id.</param>
    /// <param name="fence">Of the attempt that writes it.</param>
    /// <param name="number">The picture, from 0.</param>
    public static string Checkpoint(string job, long fence, int number) =>
        string.Create(CultureInfo.InvariantCulture, $"{Checkpoints(job)}/{fence}-{number}");

    /// <summary>A preview.</summary>
    /// <param name="job">Its id.</param>
    /// <param name="fence">Of the attempt that drew it.</param>
    /// <param name="number">The picture, from 0.</param>
    /// <param name="step">Steps done.</param>
    public static string Preview(string job, long fence, int number, int step) =>
        string.Create(CultureInfo.InvariantCulture, $"jobs/{job}/preview/{fence}-{number}-{step}");
}
