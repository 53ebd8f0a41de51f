using System.Globalization;

namespace QwenMesh.Dialects.Bench;

/// <summary>Calls a second of every dialect, by turns with bare YARP, so that other load on the machine affects both alike.</summary>
internal static class CallRates
{
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan TurnOfProxy = TimeSpan.FromSeconds(1);

    public static async Task MeasureAsync(BenchOptions options)
    {
        await using var upstream = await ChildProcess.StartAsync("upstream");
        await using var proxy = await ChildProcess.StartAsync("proxy", upstream.Said);
        await using var gateway = await MeasuredGateway.StartAsync(options);
        var bare = await OpenAsync(options, () => HttpCaller.OpenAsync(new Uri(proxy.Said), "/", Dialect.Nim.Body, ""));
        var sides = Dialect.All.Where(dialect => dialect.Name.Contains(options.Only, StringComparison.OrdinalIgnoreCase))
            .Select(dialect => new Side(dialect.Name, dialect.IsQueued, () => dialect.OpenAsync(gateway.Address)))
            .Append(new Side("gRPC, Generate", false, () => Task.FromResult<ICaller>(new GrpcCaller(gateway.GrpcAddress)))).ToArray();
        var (bareLoads, syncs) = (new List<Load>(), new List<double>());
        var bareProcessor = TimeSpan.Zero;
        for (var round = 0; round <= options.Rounds; round++)
        {
            syncs.Add(DiskRate.Measure(gateway.Folder));
            foreach (var side in sides)
            {
                var before = proxy.Processor;
                var ofProxy = await ClosedLoop.ForAsync(TurnOfProxy, bare);
                var spent = proxy.Processor - before;
                var callers = await OpenAsync(options, side.OpenAsync);
                var begin = await gateway.ProcessorAsync();
                var load = await ClosedLoop.ForAsync(Turn, callers);
                await gateway.DrainAsync();
                var end = await gateway.ProcessorAsync();
                callers.ForEach(caller => caller.Dispose());
                // The first round warms up.
                if (round > 0)
                {
                    bareLoads.Add(ofProxy);
                    bareProcessor += spent;
                    side.Add(load, load.Rate / ofProxy.Rate, end - begin);
                }
            }
        }
        Print(options, sides, new Side("bare YARP, 1 KiB", false, () => throw new NotSupportedException()).With(bareLoads, bareProcessor), syncs);
    }

    private static async Task<List<ICaller>> OpenAsync(BenchOptions options, Func<Task<ICaller>> open)
    {
        var callers = new List<ICaller>();
        while (callers.Count < options.Connections)
        {
            callers.Add(await open());
        }
        return callers;
    }

    private static void Print(BenchOptions options, IEnumerable<Side> sides, Side bare, IEnumerable<double> syncs)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"\n{options.Connections} connections, {options.Rounds} rounds of {Turn.TotalSeconds:0} s, {Environment.ProcessorCount} processors, medians; the disk makes {Quantile.Median(syncs):0} pages a second durable\n"));
        Console.WriteLine("| | calls/s | of bare YARP | p50, ms | p99, ms | processor ms a call |\n|---|--:|--:|--:|--:|--:|");
        foreach (var side in sides.Prepend(bare))
        {
            Console.WriteLine(side);
        }
    }

    private sealed class Side(string name, bool isQueued, Func<Task<ICaller>> open)
    {
        private readonly List<Load> _loads = [];
        private readonly List<double> _ratios = [];
        private TimeSpan _processor;

        public Func<Task<ICaller>> OpenAsync => open;

        public void Add(Load load, double ratio, TimeSpan processor)
        {
            _loads.Add(load);
            _ratios.Add(ratio);
            _processor += processor;
        }

        public Side With(List<Load> loads, TimeSpan processor)
        {
            _loads.AddRange(loads);
            _ratios.Add(1);
            _processor = processor;
            return this;
        }

        public override string ToString()
        {
            var all = _loads.SelectMany(load => load.Milliseconds).ToArray();
            // Of what is only submitted, the processor time is that of the jobs too.
            return string.Create(CultureInfo.InvariantCulture,
                $"| {name} | {Quantile.Median(_loads.Select(load => load.Rate)):0} | {Quantile.Median(_ratios):0.000} | {Quantile.Of(all, 0.5):0.0} | {Quantile.Of(all, 0.99):0.0} | {_processor.TotalMilliseconds / all.Length:0.00}{(isQueued ? " with its job" : "")} |");
        }
    }
}
