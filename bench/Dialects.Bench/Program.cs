using QwenMesh.Dialects.Bench;

// `calls`, `events` and `jobs` measure; the other modes are processes that these start, which print where they are and serve until their input closes.
switch (args)
{
    case ["upstream"]:
        await BareProxy.ServeUpstreamAsync();
        return 0;
    case ["proxy", var upstream]:
        await BareProxy.ServeAsync(upstream);
        return 0;
    case ["stages"]:
        await StagesProcess.ServeAsync();
        return 0;
    default:
        if (BenchOptions.Read(args) is not { } options)
        {
            await Console.Error.WriteLineAsync(BenchOptions.Usage);
            return 2;
        }
        if (options.Measures("calls"))
        {
            await CallRates.MeasureAsync(options);
        }
        if (options.Measures("events"))
        {
            await EventRates.MeasureAsync(options);
        }
        if (options.Measures("jobs"))
        {
            await JobRates.MeasureAsync(options);
        }
        return 0;
}
