using System.Text.Json;
using QwenMesh.Checkpoints;
using QwenMesh.Encoder.Qwen25Vl;

namespace QwenMesh.Encoder.Pictures;

/// <summary>The checkpoint's preprocessor_config.json: how pictures are made ready for the vision tower.</summary>
/// <param name="MinPixels">Pictures with fewer are enlarged.</param>
/// <param name="MaxPixels">Pictures with more are shrunk.</param>
/// <param name="Mean">Of each channel, in 0 to 1.</param>
/// <param name="Deviation">Of each channel, in 0 to 1.</param>
internal sealed record PictureProcessorConfig(int MinPixels, int MaxPixels, float[] Mean, float[] Deviation)
{
    private const string File = "processor/preprocessor_config.json";
    private const int Bicubic = 3;

    /// <exception cref="CheckpointException">It disagrees with the vision tower, or asks for something that is not supported.</exception>
    public static PictureProcessorConfig Parse(string json, VisionConfig vision)
    {
        var read = new ComponentConfig(File, json);
        var size = Size(json);
        var config = new PictureProcessorConfig(
            // The class defaults of the reference.
            read.Count("min_pixels", size.Count("shortest_edge", 56 * 56)),
            read.Count("max_pixels", size.Count("longest_edge", 28 * 28 * 1280)),
            [.. read.Numbers("image_mean", [0.48145466, 0.4578275, 0.40821073]).Select(mean => (float)mean)],
            [.. read.Numbers("image_std", [0.26862954, 0.26130258, 0.27577711]).Select(deviation => (float)deviation)]);
        Demand("patch_size", vision.PatchSize, read.Count("patch_size", vision.PatchSize));
        Demand("merge_size", vision.SpatialMergeSize, read.Count("merge_size", vision.SpatialMergeSize));
        Demand("temporal_patch_size", vision.TemporalPatchSize, read.Count("temporal_patch_size", vision.TemporalPatchSize));
        Demand("resample", Bicubic, read.Count("resample", Bicubic));
        foreach (var step in new[] { "do_resize", "do_rescale", "do_normalize" })
        {
            Demand(step, true, read.Flag(step, true));
        }
        Demand("rescale_factor", Math.Round(1 / 255.0, 9), Math.Round(read.Number("rescale_factor", 1 / 255.0), 9));
        if (config.Mean.Length != 3 || config.Deviation.Length != 3 || config.Deviation.Any(deviation => deviation <= 0))
        {
            throw read.Refuse("image_mean and image_std of three channels, image_std positive", json.Length > 200 ? json[..200] : json);
        }
        return config.MinPixels <= config.MaxPixels
            ? config
            : throw read.Refuse("min_pixels up to max_pixels", $"{config.MinPixels} and {config.MaxPixels}");

        void Demand<T>(string key, T expected, T found)
            where T : notnull
        {
            if (!expected.Equals(found))
            {
                throw read.Refuse($"{key} {expected}", found.ToString()!);
            }
        }
    }

    private static ComponentConfig Size(string json)
    {
        using var document = JsonFile.Parse(File, json);
        var nested = document.RootElement.TryGetProperty("size", out var size) && size.ValueKind == JsonValueKind.Object ? size.GetRawText() : "{}";
        return new ComponentConfig($"{File}: size", nested);
    }
}
