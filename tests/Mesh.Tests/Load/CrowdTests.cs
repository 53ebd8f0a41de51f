using System.Globalization;
using System.Net;
using QwenMesh.Imaging;

namespace QwenMesh.Mesh.Tests.Load;

/// <summary>More clients at once than a Gateway has room for: each gets its picture, or is told when to come back.</summary>
[Collection(MeshCollection.Name)]
public sealed class CrowdTests(MeshFixture mesh)
{
    private const int Clients = 128;
    private const int MostSeconds = 3600; // No Gateway's answer sends anybody away for longer.

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    private static readonly Dictionary<string, string> LittleRoom = new()
    {
        ["Gateway__MaxConcurrentGenerations"] = "4",
        ["Jobs__MaxQueuedPictures"] = "0.4", // 16 of the clients' pictures.
    };

    public static TheoryData<string> Dialects => [.. CrowdDialect.All.Select(dialect => dialect.Name)];

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task Every_client_of_128_gets_a_picture_or_is_told_when_to_come_back_and_then_gets_it(string name)
    {
        var dialect = CrowdDialect.All.Single(one => one.Name == name);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        await using var gateway = ServiceProcess.StartGateway([mesh.Stages[0]], [mesh.Stages[1]], [mesh.Stages[2]], LittleRoom);
        await gateway.ReadyAsync("/v1/health/ready", limit.Token);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{gateway.HttpPort}"), Timeout = Limit };

        var crowd = Enumerable.Range(1, Clients).Select(seed => new CrowdClient(http, dialect, seed)).ToArray();
        await Task.WhenAll(crowd.Select(client => client.RunAsync(limit.Token)));

        var refusals = crowd.SelectMany(client => client.Refusals).ToArray();
        Assert.All(refusals, refusal =>
        {
            Assert.True(refusal.Status is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable, $"{refusal.Status}: {refusal.Body}");
            Assert.True(int.TryParse(refusal.RetryAfter, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 1 and <= MostSeconds, $"Retry-After is '{refusal.RetryAfter}'");
            dialect.AssertRefusal(refusal.Body);
        });
        // Both happened at the first attempt, with everybody there.
        Assert.Contains(crowd, client => client.Refusals.Count == 0);
        Assert.Contains(crowd, client => client.Refusals.Count > 0);
        Assert.All(crowd, client => Assert.Equal(new ImageInfo(ImageFormat.Png, CrowdDialect.Size, CrowdDialect.Size), new VipsDecoder().Probe(client.Picture, new ImageLimits())));
    }
}
