using System.Text.Json;

namespace QwenMesh.Mesh.Tests.Load;

/// <summary>How a crowd asks for a picture of five steps, and what its vendor's clients expect of a refusal.</summary>
/// <param name="Name">Of the dialect.</param>
/// <param name="Path">Of the POST.</param>
/// <param name="Body">JSON, with a seed.</param>
/// <param name="Picture">The file in an answer.</param>
/// <param name="AssertRefusal">The form of the body of a 429 or 503.</param>
internal sealed record CrowdDialect(string Name, string Path, Func<int, string> Body, Func<string, byte[]> Picture, Action<string> AssertRefusal)
{
    public const int Size = 512;

    private const string Prompt = "a big red circle on a blue background, number";

    public static IReadOnlyList<CrowdDialect> All { get; } =
    [
        new("NIM", "/v1/infer",
            seed => JsonSerializer.Serialize(new { prompt = $"{Prompt} {seed}", width = Size, height = Size, steps = 5, seed, output_format = "png" }),
            answer => Read(answer, json => json.GetProperty("artifacts")[0].GetProperty("base64").GetBytesFromBase64()),
            AssertNim),
        new("OpenAI", "/v1/images/generations",
            seed => JsonSerializer.Serialize(new { prompt = $"{Prompt} {seed}", size = $"{Size}x{Size}", num_inference_steps = 5, seed, output_format = "png" }),
            answer => Read(answer, json => json.GetProperty("data")[0].GetProperty("b64_json").GetBytesFromBase64()),
            AssertOpenAi),
    ];

    private static void AssertNim(string body) => Assert.NotEmpty(Read(body, json =>
    {
        Assert.Equal("detail", Assert.Single(json.EnumerateObject()).Name);
        return json.GetProperty("detail").GetString();
    })!);

    private static void AssertOpenAi(string body)
    {
        var (names, message, type, code) = Read(body, json => json.GetProperty("error") is var error
            ? (error.EnumerateObject().Select(field => field.Name).ToArray(), error.GetProperty("message").GetString(), error.GetProperty("type").GetString(), error.GetProperty("code").GetString())
            : default);
        Assert.Equal(["message", "type", "param", "code"], names);
        Assert.NotEmpty(message!);
        Assert.Contains($"{type} {code}", (string[])["rate_limit_error rate_limit_exceeded", "server_error server_error"]);
    }

    private static T Read<T>(string text, Func<JsonElement, T> read)
    {
        using var json = JsonDocument.Parse(text);
        return read(json.RootElement);
    }
}
