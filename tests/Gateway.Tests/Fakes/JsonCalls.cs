using System.Text;
using System.Text.Json;

namespace QwenMesh.Gateway.Tests.Fakes;

/// <summary>Calls with JSON and headers.</summary>
internal static class JsonCalls
{
    public static async Task<JsonReply> CallAsync(
        this GatewayHost gateway, HttpMethod method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var message = new HttpRequestMessage(method, new Uri(path, UriKind.RelativeOrAbsolute));
        message.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }
        using var response = await gateway.Http.SendAsync(message, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return new JsonReply((int)response.StatusCode, text, response.Headers.ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase));
    }
}

/// <summary>An answer.</summary>
internal sealed record JsonReply(int Status, string Text, IReadOnlyDictionary<string, string> Headers)
{
    public JsonElement Json => JsonElement.Parse(Text);

    /// <summary>What a path of names and positions leads to, e.g. "output.results.0.url".</summary>
    public JsonElement At(string path) => path.Split('.').Aggregate(Json, (value, name) => value.ValueKind == JsonValueKind.Array ? value[int.Parse(name, System.Globalization.CultureInfo.InvariantCulture)] : value.GetProperty(name));

    public string? TextAt(string path) => At(path).GetString();
}
