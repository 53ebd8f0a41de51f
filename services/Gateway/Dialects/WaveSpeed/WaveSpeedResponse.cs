using System.Text.Json;

namespace QwenMesh.Gateway.Dialects.WaveSpeed;

/// <summary>{"code":200,"message":"success","data":{...}}</summary>
internal static class WaveSpeedResponse
{
    /// <param name="context">Of the request.</param>
    /// <param name="data">Writes the members of the data.</param>
    public static Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> data) => JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, json =>
    {
        json.WriteNumber("code", StatusCodes.Status200OK);
        json.WriteString("message", "success");
        json.WriteStartObject("data");
        data(json);
        json.WriteEndObject();
    });
}
