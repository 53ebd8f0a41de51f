using System.Net;
using System.Text;

namespace QwenMesh.Mesh.Tests.Load;

/// <summary>Asks for one picture, and comes back when it is told to until it has it.</summary>
internal sealed class CrowdClient(HttpClient http, CrowdDialect dialect, int seed)
{
    private readonly List<Refusal> _refusals = [];

    /// <summary>What came before the picture.</summary>
    public IReadOnlyList<Refusal> Refusals => _refusals;

    /// <summary>The file; empty without one.</summary>
    public byte[] Picture { get; private set; } = [];

    /// <summary>Ends with the picture, or with an answer that does not say when to come back.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            using var body = new StringContent(dialect.Body(seed), Encoding.UTF8, "application/json");
            using var response = await http.PostAsync(dialect.Path, body, cancellationToken);
            var answer = await response.Content.ReadAsStringAsync(cancellationToken);
            if (response.StatusCode == HttpStatusCode.OK)
            {
                Picture = dialect.Picture(answer);
                return;
            }
            _refusals.Add(new Refusal(response.StatusCode, response.Headers.TryGetValues("Retry-After", out var values) ? string.Join(",", values) : "", answer));
            if (response.Headers.RetryAfter?.Delta is not { } pause)
            {
                return;
            }
            await Task.Delay(pause, cancellationToken);
        }
    }
}

internal sealed record Refusal(HttpStatusCode Status, string RetryAfter, string Body);
