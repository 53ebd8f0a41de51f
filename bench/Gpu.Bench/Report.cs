using System.Globalization;
using System.Text.Json.Nodes;

namespace QwenMesh.Gpu.Bench;

/// <summary>Puts the parts' results together: everything as results.json, what matters as a table.</summary>
internal sealed class Report(IReadOnlyDictionary<string, JsonObject> parts, TextWriter output)
{
    public const string File = "results.json";

    private const string TorchSharp = "torchsharp";
    private const int LabelWidth = 40;
    private const double Gibibyte = 1024.0 * 1024 * 1024;

    /// <returns>0 when every part was well.</returns>
    public static int Print(string folder, TextWriter output)
    {
        var parts = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var path in Directory.EnumerateFiles(folder, "*.json").Where(path => Path.GetFileName(path) != File))
        {
            parts[Path.GetFileNameWithoutExtension(path)] = JsonNode.Parse(System.IO.File.ReadAllText(path))!.AsObject();
        }
        var all = new JsonObject();
        foreach (var (name, part) in parts)
        {
            all[name] = part.DeepClone();
        }
        System.IO.File.WriteAllText(Path.Combine(folder, File), all.ToJsonString(new() { WriteIndented = true }));
        return new Report(parts, output).Print();
    }

    private int Print()
    {
        output.WriteLine();
        output.WriteLine(Text("machine", "engine") ?? "(no engine)");
        output.WriteLine();
        output.WriteLine(Row("", "ms", "TFLOP/s", "of matmul", "PyTorch ms", "ratio"));
        foreach (var name in new[] { "denoiser-bf16", "denoiser-fp8" })
        {
            PrintSteps(name);
        }
        if (Number("vae", "decode_ms") is { } decode)
        {
            output.WriteLine(Row($"Vae decode, {Side(Number("vae", "side"))}", $"{decode:0.0}"));
        }
        if (Number("vae", "encode_ms") is { } encode)
        {
            output.WriteLine(Row($"Vae encode, {Side(Number("vae", "side"))}", $"{encode:0.0}"));
        }
        foreach (var prompt in Array("encoder", "prompts"))
        {
            output.WriteLine(Row($"Prompt of {Number(prompt, "tokens"):0} tokens", $"{Number(prompt, "ms"):0.0}"));
        }
        foreach (var picture in Array("encoder", "pictures"))
        {
            var rows = $"{Number(picture, "rows"):0}";
            output.WriteLine(Row($"Vision tower, picture of {rows} rows", $"{Number(picture, "vision_ms"):0.0}"));
            output.WriteLine(Row($"Prompt of {Number(picture, "tokens"):0} tokens, {rows} a picture's", $"{Number(picture, "ms"):0.0}"));
        }
        output.WriteLine();
        PrintNotes();
        // What becomes of TorchSharp here is a finding, a crash included.
        var failed = parts.Where(part => part.Key != TorchSharp && part.Value["ok"]?.GetValue<bool>() != true).ToArray();
        foreach (var (name, part) in failed)
        {
            output.WriteLine($"FAILED {name}: {part["error"]?.ToString() ?? "see " + File}");
        }
        return failed.Length == 0 ? 0 : 1;
    }

    private void PrintSteps(string name)
    {
        var isFloat8 = name.EndsWith("fp8", StringComparison.Ordinal);
        var type = isFloat8 ? "fp8" : "bf16";
        var matmul = isFloat8 ? Number("pytorch", "matmul_fp8_tflop_s") : Best(Number("matmul", "tflop_s"), Number("pytorch", "matmul_bf16_tflop_s"));
        foreach (var step in Array(name, "steps"))
        {
            var side = Number(step, "side");
            var milliseconds = Number(step, "ms_per_step");
            var rate = Number(step, "tflop_s");
            var twin = Number(Array("pytorch", "steps").FirstOrDefault(other => Number(other, "side") == side), "ms_per_step");
            var label = $"Step {Side(side)}, guided, {type}";
            output.WriteLine(Row(label, $"{milliseconds:0.0}", $"{rate:0.0}", Share(rate / matmul), $"{twin:0.0}", $"{milliseconds / twin:0.00}"));
        }
        foreach (var edit in Array(name, "edits"))
        {
            var (references, rate) = (Number(edit, "references"), Number(edit, "tflop_s"));
            var label = $"Edit {Side(Number(edit, "side"))}, {references:0} reference{(references > 1 ? "s" : "")}, {type}";
            output.WriteLine(Row(label, $"{Number(edit, "ms_per_step"):0.0}", $"{rate:0.0}", Share(rate / matmul)));
        }
    }

    private void PrintNotes()
    {
        Note("Matmul, TFLOP/s", $"engine bf16 {Number("matmul", "tflop_s"):0.0}, PyTorch bf16 {Number("pytorch", "matmul_bf16_tflop_s"):0.0}, fp8 {Number("pytorch", "matmul_fp8_tflop_s"):0.0}");
        Note("fp8 against bf16", Number("denoiser-fp8", "error_against_bf16") is { } error ? $"velocity off by {error:e1} of its norm" : null);
        Note("PyTorch, both prompts in one batch", List(Array("pytorch", "steps"), step => $"{Side(Number(step, "side"))} {Number(step, "ms_batched"):0.0} ms"));
        Note("Peak memory, GiB", List(
            new[] { "denoiser-bf16", "denoiser-fp8", "vae", "encoder" }.Where(name => Number(name, "peak_bytes") is not null),
            name => $"{name} {Number(name, "peak_bytes") / Gibibyte:0.0}"));
        Note("Weights to the device", Number("denoiser-bf16", "load_seconds") is { } seconds ? $"{Number("denoiser-bf16", "load_bytes") / seconds / 1e9:0.0} GB/s" : null);
        Note("Table of operations", parts.ContainsKey("operations") ? $"{Number("operations", "passed"):0} passed, {Number("operations", "failed"):0} failed" : null);
        Note("TorchSharp's native library here", parts.GetValueOrDefault(TorchSharp) is not { } sharp ? null
            : sharp["works"]?.GetValue<bool>() == true ? "computes rightly" : $"does not work: {sharp["why"] ?? sharp["error"]}");
    }

    private void Note(string name, string? text)
    {
        if (!string.IsNullOrWhiteSpace(text))
        {
            output.WriteLine($"{name}: {text}");
        }
    }

    private string? Text(string part, string key) => parts.GetValueOrDefault(part)?[key]?.ToString();

    private double? Number(string part, string key) => Number(parts.GetValueOrDefault(part), key);

    private static double? Number(JsonNode? node, string key) => node?[key]?.GetValue<double>();

    private IEnumerable<JsonNode> Array(string part, string key) => parts.GetValueOrDefault(part)?[key]?.AsArray().OfType<JsonNode>() ?? [];

    private static string List<T>(IEnumerable<T> items, Func<T, string> text) => string.Join(", ", items.Select(text));

    private static double? Best(double? a, double? b) => a > b || b is null ? a : b;

    private static string Side(double? side) => $"{side:0}x{side:0}";

    private static string Share(double? share) => share is { } value ? $"{100 * value:0} %" : "";

    private static string Row(string label, params ReadOnlySpan<string> cells)
    {
        var row = label.PadRight(LabelWidth);
        foreach (var cell in cells)
        {
            row += cell.PadLeft(12);
        }
        return row.TrimEnd();
    }
}
