using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Files;

/// <summary>GET and HEAD of /files/ on a real Gateway.</summary>
public sealed class FileRoutesTests
{
    private static readonly byte[] Bytes = [.. Enumerable.Range(0, 1000).Select(value => (byte)value)];

    [Fact]
    public async Task A_file_is_served_as_its_type_and_as_nothing_else()
    {
        await using var gateway = await FilesGateway.StartAsync();
        using var response = await gateway.GetAsync(await gateway.KeepAsync("jobs/0198/result/3", Bytes));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Bytes, await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal("image/png", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(1000, response.Content.Headers.ContentLength);
        Assert.Equal("inline; filename=\"0198-3.png\"", response.Content.Headers.ContentDisposition!.ToString());
        Assert.Equal("nosniff", Header(response, "X-Content-Type-Options"));
        Assert.Equal("default-src 'none'; sandbox", Header(response, "Content-Security-Policy"));
        Assert.Matches("^private, max-age=86[0-9]{3}, immutable$|^max-age=86[0-9]{3}, private, immutable$", string.Join(", ", response.Headers.GetValues("Cache-Control")));

        using var other = await gateway.GetAsync(await gateway.KeepAsync("uploads/o/u/file", "<script>"u8.ToArray(), "text/html"));
        Assert.Equal("application/octet-stream", other.Content.Headers.ContentType!.ToString());
        Assert.Equal("attachment", other.Content.Headers.ContentDisposition!.DispositionType);
    }

    [Fact]
    public async Task Parts_heads_and_copies_that_are_there_already_are_known()
    {
        await using var gateway = await FilesGateway.StartAsync();
        var path = await gateway.KeepAsync("jobs/0198/result/0", Bytes);
        using var part = await gateway.GetAsync(path, ("Range", "bytes=10-19"));
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal(Bytes[10..20], await part.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal("bytes 10-19/1000", part.Content.Headers.ContentRange!.ToString());

        using var outside = await gateway.GetAsync(path, ("Range", "bytes=1000-"));
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, outside.StatusCode);

        using var head = await gateway.SendAsync(HttpMethod.Head, path);
        Assert.Equal((HttpStatusCode.OK, 1000L), (head.StatusCode, head.Content.Headers.ContentLength));
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));

        using var copy = await gateway.GetAsync(path, ("If-None-Match", head.Headers.ETag!.Tag));
        Assert.Equal(HttpStatusCode.NotModified, copy.StatusCode);
    }

    [Fact]
    public async Task An_address_that_was_changed_has_expired_or_has_no_file_says_so()
    {
        await using var gateway = await FilesGateway.StartAsync();
        var path = await gateway.KeepAsync("jobs/0198/result/0", Bytes);
        using (var changed = await gateway.GetAsync(path.Replace("result/0", "result/1", StringComparison.Ordinal)))
        {
            Assert.Contains("changed", await ProblemAsync(changed, HttpStatusCode.NotFound), StringComparison.Ordinal);
            Assert.Equal("nosniff", Header(changed, "X-Content-Type-Options"));
        }
        gateway.Time.Shift = TimeSpan.FromHours(24.1);
        using (var expired = await gateway.GetAsync(path))
        {
            Assert.Contains("expired", await ProblemAsync(expired, HttpStatusCode.NotFound), StringComparison.Ordinal);
        }
        gateway.Time.Shift = TimeSpan.Zero;
        await gateway.Blobs.DeleteAsync("jobs/0198", TestContext.Current.CancellationToken);
        using var gone = await gateway.GetAsync(path);
        Assert.Contains("no longer kept", await ProblemAsync(gone, HttpStatusCode.NotFound), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_fails_is_to_be_asked_again()
    {
        await using var gateway = await FilesGateway.StartAsync(services: services => services.AddSingleton<IBlobStore, BrokenBlobs>());
        using var failed = await gateway.GetAsync(await gateway.Urls.ForAsync("", "jobs/a", "image/png", null, TestContext.Current.CancellationToken));
        Assert.DoesNotContain("secret", await ProblemAsync(failed, HttpStatusCode.ServiceUnavailable), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_that_cannot_be_read_is_to_be_asked_for_again()
    {
        await using var gateway = await FilesGateway.StartAsync(services: services => services.AddSingleton<ISigningKeys, UnreachableKeys>());
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Put })
        {
            using var failed = await gateway.SendAsync(method, "/files/jobs/a/result-1-0-68f0aabb-2c0Zt4zXqk1rV9s_uH3mQ8bA.png");
            await ProblemAsync(failed, HttpStatusCode.ServiceUnavailable);
        }
    }

    [Fact]
    public async Task Files_are_kept_beside_the_jobs_unless_a_folder_is_named()
    {
        using var folder = new TemporaryFolder();
        await using var host = await Fakes.GatewayHost.StartAsync(new Dictionary<string, string?> { ["Jobs:Folder"] = folder.Path });
        Assert.Equal(folder.File("blobs"), Assert.IsType<FolderBlobs>(host.Services.GetRequiredService<IBlobStore>()).Folder);
    }

    [Fact]
    public async Task A_signed_address_needs_no_key()
    {
        await using var gateway = await FilesGateway.StartAsync(new() { ["Access:Keys:0:Id"] = "me", ["Access:Keys:0:Sha256"] = new string('a', 64) });
        using var refused = await gateway.GetAsync("/v1/models");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        using var served = await gateway.GetAsync(await gateway.KeepAsync("jobs/0198/result/0", Bytes));
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
    }

    internal static async Task<string> ProblemAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(status == response.StatusCode, $"{response.StatusCode}: {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        var problem = JsonElement.Parse(text);
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        return problem.GetProperty("detail").GetString()!;
    }

    private static string Header(HttpResponseMessage response, string name) => Assert.Single(response.Headers.GetValues(name));

    private sealed class BrokenBlobs : IBlobStore
    {
        public Task PutAsync(string key, ReadOnlyMemory<byte> bytes, string mediaType, CancellationToken cancellationToken) => throw new IOException("secret disk");

        public Task<ReadOnlyMemory<byte>?> GetAsync(string key, CancellationToken cancellationToken) => throw new IOException("secret disk");

        public Task DeleteAsync(string prefix, CancellationToken cancellationToken) => throw new IOException("secret disk");

        public IAsyncEnumerable<string> ListAsync(string prefix, CancellationToken cancellationToken) => throw new IOException("secret disk");
    }

    private sealed class UnreachableKeys : ISigningKeys
    {
        public ValueTask<byte[]> GetAsync(string name, CancellationToken cancellationToken) => throw new GenerationException(JobFaults.NoStore);
    }
}
