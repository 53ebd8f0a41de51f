using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using QwenMesh.Gateway.Files;
using QwenMesh.Testing.Clients;

namespace QwenMesh.Gateway.Tests.Files;

/// <summary>The bucket, on a real S3 service in a process beside this one.</summary>
public sealed class S3BlobsTests(S3BlobsTests.Server server) : IClassFixture<S3BlobsTests.Server>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3_000_000)]
    public async Task What_was_put_is_there_for_every_Gateway(int length)
    {
        var bytes = new byte[length + 5];
        Random.Shared.NextBytes(bytes);
        using (var store = Store())
        {
            // A part of a longer array.
            await store.PutAsync("jobs/0198-a.b_c/result/0", bytes.AsMemory(5), "image/png", Stop);
        }
        using var other = Store();
        Assert.Equal(bytes[5..], (await other.GetAsync("jobs/0198-a.b_c/result/0", Stop))?.ToArray());
        Assert.Null(await other.GetAsync("jobs/0198-a.b_c/result/1", Stop));
    }

    [Fact]
    public async Task A_folder_of_files_is_forgotten_page_by_page_and_its_neighbours_are_not()
    {
        using var store = Store();
        // A page of the listing has a thousand.
        await Parallel.ForEachAsync(Enumerable.Range(0, 1005), Stop, async (i, stop) => await store.PutAsync($"many/a/preview/{i}", new byte[] { 1 }, "image/png", stop));
        await store.PutAsync("many/ab/result/0", new byte[] { 2 }, "image/png", Stop);
        await store.DeleteAsync("many/a", Stop);
        await store.DeleteAsync("many/never", Stop);
        foreach (var i in (int[])[0, 500, 999, 1000, 1004])
        {
            Assert.Null(await store.GetAsync($"many/a/preview/{i}", Stop));
        }
        Assert.Equal([2], (await store.GetAsync("many/ab/result/0", Stop))?.ToArray());
        await store.DeleteAsync("many/ab/result/0", Stop);
        Assert.Null(await store.GetAsync("many/ab/result/0", Stop));
    }

    [Fact]
    public async Task A_prefix_lists_what_is_directly_below_it_in_order_and_page_by_page()
    {
        using var store = Store();
        string[] names = [.. Enumerable.Range(0, 1005).Select(i => $"id-{i:D4}")];
        await Parallel.ForEachAsync(names.Append("a-file"), Stop, async (name, stop) =>
            await store.PutAsync(name == "a-file" ? "listed/a-file" : $"listed/{name}/result/0", new byte[] { 1 }, "image/png", stop));
        await store.PutAsync("listedx/other", new byte[] { 2 }, "image/png", Stop);
        var listed = await store.ListAsync("listed", Stop).ToArrayAsync(Stop);
        Assert.Equal(["a-file", .. names], listed);
        var files = await store.ListAsync("listed/id-0007/result", Stop).ToArrayAsync(Stop);
        Assert.Equal(["0"], files);
        Assert.Empty(await store.ListAsync("listed/never", Stop).ToArrayAsync(Stop));
    }

    [Fact]
    public async Task What_is_refused_is_an_input_output_fault()
    {
        using var nowhere = Store(options => options.Bucket = "nowhere");
        await Assert.ThrowsAsync<IOException>(() => nowhere.GetAsync("a", Stop));
        await Assert.ThrowsAsync<IOException>(() => nowhere.PutAsync("a", new byte[] { 1 }, "image/png", Stop));
        await Assert.ThrowsAsync<IOException>(() => nowhere.DeleteAsync("a", Stop));
        await Assert.ThrowsAsync<IOException>(async () => await nowhere.ListAsync("a", Stop).ToArrayAsync(Stop));
        using var stranger = Store(options => options.AccessKey = "WRONG");
        await Assert.ThrowsAsync<IOException>(() => stranger.PutAsync("a", new byte[] { 1 }, "image/png", Stop));
        using var store = Store();
        await Assert.ThrowsAsync<ArgumentException>(() => store.PutAsync("../a", new byte[] { 1 }, "image/png", Stop));
    }

    [Theory]
    [InlineData(BlobDigests.Right, true)]
    [InlineData(BlobDigests.None, true)]
    [InlineData(BlobDigests.OfOtherBytes, false)]
    public async Task A_file_that_is_not_what_was_written_is_an_input_output_fault(BlobDigests kind, bool isRead)
    {
        var (key, bytes) = ($"digests/{kind}", new byte[] { 1, 2, 3 });
        using (var client = new AmazonS3Client(new BasicAWSCredentials("S3RVER", "S3RVER"), new AmazonS3Config { ServiceURL = server.Service.Endpoint, ForcePathStyle = true }))
        {
            using var body = new MemoryStream(bytes);
            var put = new PutObjectRequest { BucketName = "files", Key = key, InputStream = body, UseChunkEncoding = false };
            if (kind != BlobDigests.None)
            {
                put.Metadata["sha256"] = Convert.ToHexStringLower(SHA256.HashData(kind == BlobDigests.Right ? bytes : [.. bytes, 4]));
            }
            await client.PutObjectAsync(put, Stop);
        }
        using var store = Store();
        if (isRead)
        {
            Assert.Equal(bytes, (await store.GetAsync(key, Stop))?.ToArray());
        }
        else
        {
            await Assert.ThrowsAsync<IOException>(() => store.GetAsync(key, Stop));
        }
    }

    [Fact]
    public async Task A_bucket_that_is_silent_has_a_bound_and_a_client_that_leaves_needs_none()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var store = Store(options => options.Endpoint = $"http://{silent.LocalEndpoint}", TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAsync<IOException>(() => store.GetAsync("a", Stop));
        using var left = new CancellationTokenSource();
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.GetAsync("a", left.Token));
    }

    [Fact]
    public async Task A_Gateway_serves_and_takes_files_of_the_bucket()
    {
        await using var gateway = await FilesGateway.StartAsync(new()
        {
            ["Files:Bucket"] = "files",
            ["Files:Endpoint"] = server.Service.Endpoint,
            ["Files:AccessKey"] = "S3RVER",
            ["Files:SecretKey"] = "S3RVER",
        });
        Assert.IsType<S3Blobs>(gateway.Blobs);
        using var response = await gateway.GetAsync(await gateway.KeepAsync("jobs/served/result/0", [1, 2, 3]));
        Assert.Equal([1, 2, 3], await response.Content.ReadAsByteArrayAsync(Stop));
        var upload = await gateway.Uploads.PutAsync("me", new byte[] { 4 }, "image/png", Stop);
        Assert.Equal([4], (await gateway.Uploads.ReadAsync("me", upload.Id, Stop))?.ToArray());
        Assert.True(await gateway.Uploads.DeleteAsync("me", upload.Id, Stop));
        Assert.Null(await gateway.Blobs.GetAsync(upload.Key, Stop));
        Assert.Empty(Directory.EnumerateFileSystemEntries(gateway.Folder));
    }

    private S3Blobs Store(Action<FilesOptions>? change = null, TimeSpan? longest = null)
    {
        var options = new FilesOptions { Bucket = "files", Endpoint = server.Service.Endpoint, AccessKey = "S3RVER", SecretKey = "S3RVER" };
        change?.Invoke(options);
        Assert.Empty(options.Validate());
        return new S3Blobs(options, longest);
    }

    public enum BlobDigests
    {
        Right,
        None,
        OfOtherBytes,
    }

    public sealed class Server : IAsyncLifetime
    {
        public S3Server Service { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Service = await S3Server.StartAsync(Stop);

        public ValueTask DisposeAsync() => Service.DisposeAsync();
    }
}
