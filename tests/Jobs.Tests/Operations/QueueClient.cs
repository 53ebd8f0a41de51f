using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using QwenMesh.Testing;
using QwenMesh.Testing.Stages;

namespace QwenMesh.Jobs.Tests.Operations;

/// <summary>A client of a vendor's queue, with an API key.</summary>
internal sealed class QueueClient : IDisposable
{
    private const string Queue = "/queue/fal-ai/qwen-image";

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(60) };
    private readonly CancellationToken _cancellation;

    public QueueClient(GatewayProcess gateway, string key, CancellationToken cancellation)
    {
        _http.BaseAddress = gateway.Http!;
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Key", key);
        _cancellation = cancellation;
    }

    /// <returns>The job's id.</returns>
    public async Task<string> SubmitAsync(int steps)
    {
        using var response = await _http.PostAsJsonAsync(
            Queue, new { prompt = "a red circle", image_size = new { width = 256, height = 256 }, num_inference_steps = steps, output_format = "png" }, _cancellation);
        var body = await response.Content.ReadAsStringAsync(_cancellation);
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{(int)response.StatusCode}: {body}");
        using var json = JsonDocument.Parse(body);
        return json.RootElement.GetProperty("request_id").GetString()!;
    }

    public async Task<string> StatusAsync(string id)
    {
        using var status = JsonDocument.Parse(await _http.GetStringAsync($"{Queue}/requests/{id}/status", _cancellation));
        return status.RootElement.GetProperty("status").GetString()!;
    }

    /// <summary>Waits for a job's end.</summary>
    /// <returns>The path of its picture's address.</returns>
    public async Task<string> EndAsync(string id)
    {
        await Eventually.TrueAsync(async () => await StatusAsync(id) == "COMPLETED", $"{id} is completed");
        using var result = JsonDocument.Parse(await _http.GetStringAsync($"{Queue}/requests/{id}", _cancellation));
        return new Uri(result.RootElement.GetProperty("images")[0].GetProperty("url").GetString()!).PathAndQuery;
    }

    /// <summary>A picture, without the key: its address is signed.</summary>
    public async Task<byte[]> FetchAsync(string path)
    {
        using var stranger = new HttpClient { BaseAddress = _http.BaseAddress, Timeout = _http.Timeout };
        return await stranger.GetByteArrayAsync(path, _cancellation);
    }

    public void Dispose() => _http.Dispose();
}
