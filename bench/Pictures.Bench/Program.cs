using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using QwenMesh.Pictures.Bench;

// In this process: a generated project would build the libraries anew, outside the repository's settings.
var config = DefaultConfig.Instance
    .AddJob(Job.ShortRun.WithIterationCount(9).WithToolchain(InProcessEmitToolchain.Instance))
    .AddColumn(new BytesColumn())
    .HideColumns("Job", "Toolchain", "Error", "StdDev", "RatioSD", "IterationCount", "LaunchCount", "WarmupCount");
BenchmarkSwitcher.FromTypes([typeof(EncoderBench), typeof(DecoderBench), typeof(ResizerBench), typeof(AutoencoderBench)]).Run(args.Length > 0 ? args : ["--filter", "*"], config);
