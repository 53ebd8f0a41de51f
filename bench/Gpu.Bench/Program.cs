using System.Diagnostics;
using System.Text.Json.Nodes;
using QwenMesh.Gpu.Bench;
using QwenMesh.Gpu.Bench.Parts;

return Run(args);

// Every part is a process of its own: its peak memory is its own, and one that crashes takes no other along. bench/gpu/run starts them.
static int Run(string[] args)
{
    BenchOptions options;
    Func<BenchOptions, JsonObject> part;
    try
    {
        options = BenchOptions.Parse(args);
        if (options.Part == "report")
        {
            return Report.Print(options.Out, Console.Out);
        }
        part = options.Part switch
        {
            "machine" => MachinePart.Run,
            "operations" => OperationsPart.Run,
            "kernels" => KernelsPart.Run,
            "matmul" => MatMulPart.Run,
            "denoiser" => DenoiserPart.Run,
            "vae" => VaePart.Run,
            "encoder" => EncoderPart.Run,
            "torchsharp" => TorchSharpPart.Run,
            _ => throw new UsageException($"unknown part {options.Part}"),
        };
    }
    catch (UsageException error)
    {
        Console.Error.WriteLine(error.Message);
        return 2;
    }

    var started = Stopwatch.GetTimestamp();
    JsonObject result;
    try
    {
        result = part(options);
        result["ok"] ??= true;
    }
    catch (Exception error) when (error is not OutOfMemoryException)
    {
        Console.Error.WriteLine(error);
        result = new JsonObject { ["ok"] = false, ["error"] = error.Message };
    }
    result["part"] = options.Part;
    result["seconds"] = Stopwatch.GetElapsedTime(started).TotalSeconds;
    File.WriteAllText(options.Out, result.ToJsonString(new() { WriteIndented = true }));
    return result["ok"]!.GetValue<bool>() ? 0 : 1;
}
