using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace QwenMesh.Gateway.Files;

/// <summary>Files in a bucket, of Amazon's or of another service with its interface.</summary>
internal sealed class S3Blobs : IBlobStore, IDisposable
{
    private const int DeletionsAtATime = 8;
    private const int Retries = 3;
    private const int Reads = 3;

    private readonly AmazonS3Client _client;
    private readonly string _bucket;
    private readonly TimeSpan _longest;

    /// <param name="options">Which bucket.</param>
    /// <param name="longest">Of one attempt, Default 30 s.</param>
    public S3Blobs(FilesOptions options, TimeSpan? longest = null)
    {
        _bucket = options.Bucket;
        _longest = longest ?? TimeSpan.FromSeconds(30);
        var config = new AmazonS3Config
        {
            Timeout = _longest,
            MaxErrorRetry = Retries,
            // Older servers know none of the checksums that the SDK sends and asks for by itself: BlobDigest has ones that all know.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (options.Endpoint.Length > 0)
        {
            config.ServiceURL = options.Endpoint;
            config.AuthenticationRegion = options.Region.Length > 0 ? options.Region : "us-east-1";
            config.ForcePathStyle = options.PathStyle;
        }
        else if (options.Region.Length > 0)
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(options.Region);
        }
        _client = options.AccessKey.Length > 0
            ? new AmazonS3Client(new BasicAWSCredentials(options.AccessKey, options.SecretKey), config)
            : new AmazonS3Client(config);
    }

    public async Task PutAsync(string key, ReadOnlyMemory<byte> bytes, string mediaType, CancellationToken cancellationToken)
    {
        BlobKey.Check(key);
        using var body = AsStream(bytes);
        var request = new PutObjectRequest
        {
            BucketName = _bucket,
            Key = key,
            InputStream = body,
            ContentType = mediaType,
            AutoCloseStream = false,
            UseChunkEncoding = false,
            MD5Digest = BlobDigest.Md5(bytes.Span),
        };
        request.Metadata[BlobDigest.Metadata] = BlobDigest.Sha256(bytes.Span);
        await AskAsync(stop => _client.PutObjectAsync(request, stop), cancellationToken);
    }

    public async Task<ReadOnlyMemory<byte>?> GetAsync(string key, CancellationToken cancellationToken)
    {
        BlobKey.Check(key);
        // The SDK repeats a request, but not an answer that breaks off after its headers, or whose bytes are others.
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await AskAsync(stop => ReadAsync(key, stop), cancellationToken);
            }
            catch (IOException) when (attempt < Reads)
            {
            }
        }
    }

    public async Task DeleteAsync(string prefix, CancellationToken cancellationToken)
    {
        BlobKey.Check(prefix);
        await DeleteOneAsync(prefix, cancellationToken);
        var request = new ListObjectsV2Request { BucketName = _bucket, Prefix = prefix + "/" };
        ListObjectsV2Response page;
        do
        {
            page = await AskAsync(stop => _client.ListObjectsV2Async(request, stop), cancellationToken);
            // One by one: not every server knows the deletion of many.
            await Parallel.ForEachAsync(
                page.S3Objects ?? [],
                new ParallelOptions { MaxDegreeOfParallelism = DeletionsAtATime, CancellationToken = cancellationToken },
                async (file, stop) => await DeleteOneAsync(file.Key, stop));
            request.ContinuationToken = page.NextContinuationToken;
        }
        while (page.IsTruncated == true);
    }

    public async IAsyncEnumerable<string> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        BlobKey.Check(prefix);
        // Without a delimiter: not every server finds what lies more than one level below it.
        var request = new ListObjectsV2Request { BucketName = _bucket, Prefix = prefix + "/" };
        ListObjectsV2Response page;
        string? last = null;
        do
        {
            page = await AskAsync(stop => _client.ListObjectsV2Async(request, stop), cancellationToken);
            foreach (var file in page.S3Objects ?? [])
            {
                var segment = file.Key[request.Prefix.Length..].Split('/', 2)[0];
                if (segment != last)
                {
                    yield return last = segment;
                }
            }
            request.ContinuationToken = page.NextContinuationToken;
        }
        while (page.IsTruncated == true);
    }

    public void Dispose() => _client.Dispose();

    private Task<DeleteObjectResponse> DeleteOneAsync(string key, CancellationToken cancellationToken) =>
        AskAsync(stop => _client.DeleteObjectAsync(_bucket, key, stop), cancellationToken);

    private async Task<ReadOnlyMemory<byte>?> ReadAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _client.GetObjectAsync(_bucket, key, cancellationToken);
            using var file = new MemoryStream(checked((int)Math.Max(0, response.ContentLength)));
            await response.ResponseStream.CopyToAsync(file, cancellationToken);
            var bytes = file.GetBuffer().AsMemory(0, (int)file.Length);
            // Other programs may have put it there, without a digest.
            return response.Metadata[BlobDigest.Metadata] is { } digest && digest != BlobDigest.Sha256(bytes.Span)
                ? throw new IOException("the bucket's answer was damaged on the way, or lies damaged there")
                : bytes;
        }
        catch (AmazonS3Exception missing) when (missing.StatusCode == HttpStatusCode.NotFound && missing.ErrorCode != "NoSuchBucket")
        {
            return null;
        }
    }

    private async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        // The SDK's time ends with the headers of an answer.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_longest * (Retries + 1));
        try
        {
            return await ask(limit.Token);
        }
        catch (OperationCanceledException slow) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException("the bucket did not answer in time", slow);
        }
        catch (Exception failed) when (failed is AmazonServiceException or AmazonClientException or HttpRequestException or TimeoutException)
        {
            throw new IOException($"the bucket could not be reached or refuses: {failed.Message}", failed);
        }
    }

    private static MemoryStream AsStream(ReadOnlyMemory<byte> bytes) => MemoryMarshal.TryGetArray(bytes, out var array)
        ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
        : new MemoryStream(bytes.ToArray(), writable: false);
}
