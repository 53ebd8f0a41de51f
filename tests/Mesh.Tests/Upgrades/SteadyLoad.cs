using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using QwenMesh.Testing;

namespace QwenMesh.Mesh.Tests.Upgrades;

/// <summary>Callers who wait for their picture, and one who submits jobs and asks for them, until they are told to end. No call is made twice.</summary>
internal sealed class SteadyLoad(ReadyGateways gateways) : IDisposable
{
    private const int Callers = 2;
    private const int Seeds = 2;

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromMinutes(2) };
    private readonly ConcurrentDictionary<string, int> _jobs = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(int Seed, string Picture), int> _pictures = new();
    private volatile bool _ends;
    private int _answered;

    /// <summary>Calls that were answered with their picture.</summary>
    public int Answered => _answered;

    /// <summary>Submitted jobs, with their seeds.</summary>
    public IReadOnlyDictionary<string, int> Jobs => _jobs;

    /// <summary>Every picture that has come, with its seed: one of each when all are equal.</summary>
    public IEnumerable<(int Seed, string Picture)> Pictures => _pictures.Keys;

    public static IEnumerable<int> AllSeeds => Enumerable.Range(1, Seeds);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Ends with the first fault.</summary>
    public async Task RunAsync()
    {
        Task[] all = [.. Enumerable.Range(0, Callers).Select(CallAsync), SubmitAsync()];
        await foreach (var ended in Task.WhenEach(all))
        {
            _ends = true;
            await ended;
        }
    }

    public void End() => _ends = true;

    /// <summary>Waits for so many more answers.</summary>
    public Task AnsweredAsync(int more)
    {
        var goal = _answered + more;
        return Eventually.TrueAsync(() => _answered >= goal, "calls are answered");
    }

    public void Dispose() => _http.Dispose();

    private static object Request(int seed) => new { prompt = "a blue square on a white background", width = 512, height = 512, steps = 5, seed };

    private async Task CallAsync(int caller)
    {
        for (var turn = caller; !_ends; turn++)
        {
            var seed = 1 + (turn % Seeds);
            await TakeAsync(seed, await _http.PostAsJsonAsync(new Uri(await gateways.NextAsync(Cancellation), "/v1/infer"), Request(seed), Cancellation));
            Interlocked.Increment(ref _answered);
        }
    }

    private async Task SubmitAsync()
    {
        for (var turn = 0; !_ends; turn++)
        {
            var seed = 1 + (turn % Seeds);
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(await gateways.NextAsync(Cancellation), "/v1/infer")) { Content = JsonContent.Create(Request(seed)) };
            request.Headers.Add("NVCF-POLL-SECONDS", "0");
            using var response = await _http.SendAsync(request, Cancellation);
            Assert.True(response.StatusCode == HttpStatusCode.Accepted, $"{(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(Cancellation)}");
            var id = response.Headers.GetValues("NVCF-REQID").Single();
            Assert.True(_jobs.TryAdd(id, seed));
            await TakeAsync(seed, await PollAsync(id));
        }
    }

    // At any Gateway, whichever has the job.
    private async Task<HttpResponseMessage> PollAsync(string id)
    {
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(await gateways.NextAsync(Cancellation), $"/v1/status/{id}"));
            request.Headers.Add("NVCF-POLL-SECONDS", "1");
            var response = await _http.SendAsync(request, Cancellation);
            if (response.StatusCode != HttpStatusCode.Accepted)
            {
                return response;
            }
            response.Dispose();
        }
    }

    private async Task TakeAsync(int seed, HttpResponseMessage response)
    {
        using (response)
        {
            var body = await response.Content.ReadAsStringAsync(Cancellation);
            Assert.True(response.StatusCode == HttpStatusCode.OK, $"{(int)response.StatusCode}: {body}");
            using var json = JsonDocument.Parse(body);
            _pictures.TryAdd((seed, json.RootElement.GetProperty("artifacts")[0].GetProperty("base64").GetString()!), 0);
        }
    }
}
