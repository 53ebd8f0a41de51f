using System.Globalization;

namespace QwenMesh.Load.Bench;

/// <summary>What the mesh can do, measured before it is loaded.</summary>
/// <param name="Solo">Median latency of requests one after the other.</param>
/// <param name="Rate">Pictures a second of a closed loop.</param>
internal sealed record Capacity(TimeSpan Solo, double Rate)
{
    public static async Task<Capacity> MeasureAsync(PictureClient client, LoadOptions options)
    {
        var callers = Enumerable.Range(0, options.Connections).Select(_ => new PictureCaller(client)).ToArray();
        // The runtime compiles hot code a second time meanwhile.
        await ClosedLoop.ForAsync(options.ClosedLoop / 2, callers);
        var solo = await ClosedLoop.CountAsync(options.Solo, callers[..1]);
        var together = await ClosedLoop.ForAsync(options.ClosedLoop, callers);
        return new Capacity(TimeSpan.FromMilliseconds(Quantile.Median(solo.Milliseconds)), together.Rate);
    }

    public string Describe(LoadOptions options) => string.Create(CultureInfo.InvariantCulture,
        $"\nnano, {options.Size}x{options.Size}, {options.Steps} steps, guided, {Environment.ProcessorCount} processors. Solo latency {Solo.TotalSeconds:0.000} s (median of {options.Solo}); capacity {Rate:0.00} pictures/s ({options.Connections} connections, {options.ClosedLoop.TotalSeconds:0} s). {options.Queue} may wait.\n");
}
