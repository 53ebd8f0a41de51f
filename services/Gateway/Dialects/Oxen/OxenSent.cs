using System.Text.Json.Nodes;
using QwenMesh.Gateway.Dialects.Fields;

namespace QwenMesh.Gateway.Dialects.Oxen;

/// <summary>The parameters of a request that the vendor repeats in its answers, as they were understood.</summary>
internal static class OxenSent
{
    public static JsonObject Of(BodyFields fields, OxenRequest request)
    {
        var sent = new JsonObject();
        Add("aspect_ratio", request.Shape.Ratio);
        Add("image_size", request.Shape.IsSmall ? "optimize_for_speed" : "optimize_for_quality");
        Add("match_input_image", request.Shape.IsAsPicture);
        Add("size", request.Shape.Size?.ToString());
        Add("num_inference_steps", request.Steps);
        Add("guidance", request.Guidance);
        Add("output_format", request.Format);
        Add("output_quality", request.Quality);
        Add("num_generations", request.Count);
        return sent;

        void Add(string name, JsonNode? value)
        {
            if (fields.Sent(name) is not null && value is not null)
            {
                sent[name] = value;
            }
        }
    }
}
