using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.OpenAi;

/// <summary>Server-sent events as they come, read by the rules of the vendor's clients.</summary>
internal sealed class StreamedEvents : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private readonly HttpResponseMessage _response;
    private readonly StreamReader _reader;

    private StreamedEvents(HttpResponseMessage response, Stream body)
    {
        (_response, _reader) = (response, new StreamReader(body));
    }

    public HttpResponseHeaders Headers => _response.Headers;

    /// <summary>Comments that have come so far.</summary>
    public List<string> Comments { get; } = [];

    public static async Task<StreamedEvents> PostAsync(GatewayHost gateway, string path, string json, params (string Name, string Value)[] headers)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        return await PostAsync(gateway, path, content, headers);
    }

    public static async Task<StreamedEvents> PostAsync(GatewayHost gateway, string path, HttpContent content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }
        var response = await gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.True(response.Content.Headers.ContentType?.MediaType == "text/event-stream", await TextAsync(response));
        Assert.True(response.Headers.CacheControl is { NoCache: true, NoTransform: true });
        return new StreamedEvents(response, await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Null at the end.</summary>
    public async Task<StreamedEvent?> NextAsync()
    {
        string? name = null;
        string? data = null;
        while (await LineAsync() is { } line)
        {
            switch (line)
            {
                case "" when data is not null:
                    return new StreamedEvent(name, data);
                case "":
                    Assert.Null(name);
                    break;
                case [':', ..]:
                    Comments.Add(line[1..].Trim());
                    break;
                default:
                    // Never an id: with one, the vendor's clients take a comment for an event.
                    (name, data) = line.StartsWith("event: ", StringComparison.Ordinal) ? (line["event: ".Length..], data) : (name, Data(line));
                    break;
            }
        }
        Assert.Null(data);
        return null;
    }

    public async Task<List<StreamedEvent>> AllAsync()
    {
        var events = new List<StreamedEvent>();
        while (await NextAsync() is { } next)
        {
            events.Add(next);
        }
        return events;
    }

    /// <summary>The client goes away.</summary>
    public void Dispose()
    {
        _reader.Dispose();
        _response.Dispose();
    }

    private static string Data(string line)
    {
        Assert.StartsWith("data: ", line, StringComparison.Ordinal);
        return line["data: ".Length..];
    }

    private Task<string?> LineAsync() => _reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Longest, TestContext.Current.CancellationToken);

    private static async Task<string> TextAsync(HttpResponseMessage response) => response.Content.Headers.ContentType?.MediaType == "text/event-stream"
        ? ""
        : await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
}

/// <param name="Name">Null for none.</param>
internal sealed record StreamedEvent(string? Name, string Data)
{
    public JsonElement Json { get; } = JsonElement.Parse(Data);

    public byte[] File => Json.GetProperty("b64_json").GetBytesFromBase64();
}
