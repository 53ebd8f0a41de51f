using System.Globalization;
using System.Text.RegularExpressions;

namespace QwenMesh.Mesh.Tests;

/// <summary>Denoising steps of one replica, from its own metrics.</summary>
internal static class DenoiserSteps
{
    public static async Task<double> DoneAsync(ServiceProcess denoiser, CancellationToken cancellationToken)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        var text = await client.GetStringAsync($"http://127.0.0.1:{denoiser.HttpPort}/metrics", cancellationToken);
        return Regex.Matches(text, @"^qwenmesh_denoiser_step_duration_seconds_count\{[^}]*\} (?<steps>\d+)", RegexOptions.Multiline, TimeSpan.FromSeconds(5))
            .Sum(match => double.Parse(match.Groups["steps"].Value, CultureInfo.InvariantCulture));
    }
}
