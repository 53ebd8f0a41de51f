using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace QwenMesh.Mesh.Tests.Faults;

/// <summary>A client of NIM's hosted form: submits, asks until there is an end, and comes back when an answer says when to.</summary>
internal sealed class PatientClient(Uri gateway) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http = new() { BaseAddress = gateway, Timeout = TimeSpan.FromSeconds(90) };

    public async Task<(string? Picture, Outcome Outcome)> DrawAsync(object request, CancellationToken cancellationToken)
    {
        try
        {
            using var accepted = await ComeBackAsync(() => Submission(request), cancellationToken);
            if (accepted.StatusCode != HttpStatusCode.Accepted)
            {
                return (null, await ErrorAsync(accepted, cancellationToken));
            }
            var id = accepted.Headers.GetValues("NVCF-REQID").Single();
            while (true)
            {
                using var status = await ComeBackAsync(() => Question(id), cancellationToken);
                if (status.StatusCode == HttpStatusCode.OK)
                {
                    using var json = JsonDocument.Parse(await status.Content.ReadAsStringAsync(cancellationToken));
                    return (json.RootElement.GetProperty("artifacts")[0].GetProperty("base64").GetString(), new Outcome(OutcomeKind.Picture));
                }
                if (status.StatusCode != HttpStatusCode.Accepted)
                {
                    return (null, await ErrorAsync(status, cancellationToken));
                }
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException or JsonException && !cancellationToken.IsCancellationRequested)
        {
            return (null, new Outcome(OutcomeKind.Wrong, $"{exception.GetType().Name}: {exception.Message}"));
        }
    }

    public void Dispose() => _http.Dispose();

    private static HttpRequestMessage Submission(object request) =>
        new(HttpMethod.Post, "/v1/infer") { Content = JsonContent.Create(request), Headers = { { "NVCF-POLL-SECONDS", "0" } } };

    private static HttpRequestMessage Question(string id) =>
        new(HttpMethod.Get, $"/v1/status/{id}") { Headers = { { "NVCF-POLL-SECONDS", "5" } } };

    private static async Task<Outcome> ErrorAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        var text = $"{(int)response.StatusCode}: {body}";
        try
        {
            using var json = JsonDocument.Parse(body);
            // FastAPI's form: a text, or a list of what is wrong with which field.
            var isSaid = json.RootElement.TryGetProperty("detail", out var detail) && detail.ToString().Length > "[]".Length
                && response.StatusCode != HttpStatusCode.InternalServerError;
            return new Outcome(isSaid ? OutcomeKind.Error : OutcomeKind.Wrong, text);
        }
        catch (JsonException)
        {
            return new Outcome(OutcomeKind.Wrong, text);
        }
    }

    private async Task<HttpResponseMessage> ComeBackAsync(Func<HttpRequestMessage> request, CancellationToken cancellationToken)
    {
        var patience = Stopwatch.StartNew();
        while (true)
        {
            using var message = request();
            var response = await _http.SendAsync(message, cancellationToken);
            if (response.StatusCode is not (HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests)
                || response.Headers.RetryAfter?.Delta is not { } pause || patience.Elapsed > Patience)
            {
                return response;
            }
            response.Dispose();
            await Task.Delay(pause, cancellationToken);
        }
    }
}
