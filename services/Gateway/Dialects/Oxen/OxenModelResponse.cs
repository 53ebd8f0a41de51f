using System.Text.Json;

namespace QwenMesh.Gateway.Dialects.Oxen;

/// <summary>{"id","object":"model","capabilities","json_request_schema",...}</summary>
internal static class OxenModelResponse
{
    // No member may be missed by a client, so what is not known is null.
    public static void Write(Utf8JsonWriter json, OxenModel model, DateTimeOffset created)
    {
        json.WriteString("id", model.Id);
        json.WriteString("object", "model");
        json.WriteNumber("created", created.ToUnixTimeSeconds());
        json.WriteString("owned_by", "oxen");
        json.WriteString("display_name", model.DisplayName);
        json.WriteString("description", model.Summary);
        json.WriteString("summary", model.Summary);
        json.WriteString("model_type", "base");
        json.WriteString("endpoint", model.Endpoint);
        WriteCapabilities(json, model);
        json.WriteStartObject("pricing");
        json.WriteString("method", "per_image");
        json.WriteNumber("cost_per_image", 0);
        json.WriteEndObject();
        json.WriteNull("fine_tuning");
        json.WriteStartArray("deployments");
        json.WriteEndArray();
        json.WriteStartObject("developer");
        json.WriteString("name", "Qwen");
        json.WriteNull("logo");
        json.WriteEndObject();
        json.WriteNull("source_model");
        json.WriteNull("image_url");
        json.WriteNull("released_at");
        var schema = model.Schema;
        // The vendor's documents call it by either name.
        foreach (var name in new[] { "request_schema", "json_request_schema" })
        {
            json.WritePropertyName(name);
            schema.WriteTo(json);
        }
    }

    private static void WriteCapabilities(Utf8JsonWriter json, OxenModel model)
    {
        json.WriteStartObject("capabilities");
        json.WriteStartArray("input");
        json.WriteStringValue("text");
        if (model.TakesPictures)
        {
            json.WriteStringValue("image");
        }
        json.WriteEndArray();
        json.WriteStartArray("output");
        json.WriteStringValue("image");
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
