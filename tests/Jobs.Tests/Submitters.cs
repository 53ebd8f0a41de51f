using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace QwenMesh.Jobs.Tests;

/// <summary>
/// Clients of a vendor's queue. Each submission has an idempotency key; a client whose Gateway fails it, or does not answer, asks another one with the
/// same key, and some ask again although they have been answered.
/// </summary>
internal sealed class Submitters(Gateways gateways, int seed) : IDisposable
{
    private const string Body = """{"prompt":"a red circle","image_size":{"width":256,"height":256},"num_inference_steps":2,"output_format":"jpeg"}""";
    private const int AskedAgainEvery = 20;

    private readonly HttpClient _http = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(30) }) { Timeout = TimeSpan.FromSeconds(60) };
    private int _next;
    private int _retries;

    /// <summary>Ids of the accepted jobs, by their keys.</summary>
    public ConcurrentDictionary<string, string> Accepted { get; } = new(StringComparer.Ordinal);

    /// <summary>Submissions that were repeated.</summary>
    public int Retries => _retries;

    /// <summary>Submits so many jobs, by so many clients at a time.</summary>
    /// <param name="jobs">How many.</param>
    /// <param name="clients">That submit at the same time.</param>
    /// <param name="beforeAsync">Waits for what has to be before a job, by its number, from 1.</param>
    /// <param name="cancellationToken">Ends them.</param>
    public Task RunAsync(int jobs, int clients, Func<int, CancellationToken, Task> beforeAsync, CancellationToken cancellationToken) => Task.WhenAll(Enumerable.Range(0, clients).Select(async client =>
    {
        var random = new Random(seed + client);
        while (Interlocked.Increment(ref _next) is var number && number <= jobs)
        {
            await beforeAsync(number, cancellationToken);
            var key = string.Create(CultureInfo.InvariantCulture, $"job-{number}");
            Accepted[key] = await SubmitAsync(key, random, cancellationToken);
            if (number % AskedAgainEvery == 0)
            {
                Assert.Equal(Accepted[key], await SubmitAsync(key, random, cancellationToken));
            }
        }
    }));

    public void Dispose() => _http.Dispose();

    private async Task<string> SubmitAsync(string key, Random random, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (gateways.Http(random.Next(gateways.Count)) is { } gateway && await TrySubmitAsync(key, gateway, cancellationToken) is { } id)
            {
                return id;
            }
            Interlocked.Increment(ref _retries);
            await Task.Delay(random.Next(20, 200), cancellationToken);
        }
    }

    // Null when the outcome is not known, or it is to be tried again.
    private async Task<string?> TrySubmitAsync(string key, Uri gateway, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(gateway, "/queue/fal-ai/qwen-image"))
        {
            Content = new StringContent(Body, Encoding.UTF8, MediaTypeHeaderValue.Parse("application/json")),
        };
        request.Headers.Add("Idempotency-Key", key);
        try
        {
            using var response = await _http.SendAsync(request, cancellationToken);
            var body = await response.Content.ReadAsStringAsync(cancellationToken);
            if (response.StatusCode == HttpStatusCode.OK)
            {
                using var json = JsonDocument.Parse(body);
                return json.RootElement.GetProperty("request_id").GetString();
            }
            Assert.True(response.StatusCode == HttpStatusCode.TooManyRequests || (int)response.StatusCode >= 500, $"{(int)response.StatusCode}: {body}");
            return null;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
