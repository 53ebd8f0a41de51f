namespace QwenMesh.Gateway.Files;

/// <summary>Section <c>Files</c>: where files are kept, and how clients reach them (docs/files.md). Checked once, before the ports open.</summary>
internal sealed class FilesOptions
{
    public const string Section = "Files";

    /// <summary>Folder for files. Default empty: "blobs" in the folder of the jobs.</summary>
    public string Folder { get; set; } = "";

    /// <summary>Bucket of an S3 service. Default empty: the folder.</summary>
    public string Bucket { get; set; } = "";

    /// <summary>Address of an S3 service that is not Amazon's, e.g. "http://minio:9000". Default empty: Amazon's of the region.</summary>
    public string Endpoint { get; set; } = "";

    /// <summary>The bucket's region. Default empty: AWS_REGION and the like; "us-east-1" with an endpoint.</summary>
    public string Region { get; set; } = "";

    /// <summary>Whether the bucket is in the path of an endpoint's addresses, else in the host's name. Default true.</summary>
    public bool PathStyle { get; set; } = true;

    /// <summary>Default empty: credentials are found as Amazon's tools find them.</summary>
    public string AccessKey { get; set; } = "";

    /// <summary>Belongs to <see cref="AccessKey"/>.</summary>
    public string SecretKey { get; set; } = "";

    /// <summary>Hours that the address of a result is valid. Default 24.</summary>
    public double UrlHours { get; set; } = 24;

    /// <summary>Bytes of one upload. Default 64 MiB.</summary>
    public int MaxUploadBytes { get; set; } = 64 << 20;

    /// <summary>Hours that an upload is kept. Default 24.</summary>
    public double UploadHours { get; set; } = 24;

    /// <summary>What addresses of files begin with, e.g. "https://pictures.example.com". Default empty: what the request was sent to.</summary>
    public string PublicUrl { get; set; } = "";

    internal TimeSpan UrlLifetime => TimeSpan.FromHours(UrlHours);

    internal TimeSpan UploadLifetime => TimeSpan.FromHours(UploadHours);

    internal IEnumerable<string> Validate()
    {
        (string Key, double Value, double Least, double Most)[] ranges =
        [
            (nameof(UrlHours), UrlHours, 0.001, 24 * 365),
            (nameof(MaxUploadBytes), MaxUploadBytes, 1024, 1 << 30),
            (nameof(UploadHours), UploadHours, 0.001, 24 * 365),
        ];
        foreach (var (key, value, least, most) in ranges)
        {
            if (!(value >= least && value <= most))
            {
                yield return FormattableString.Invariant($"{Section}:{key} is {value}; {least} to {most} are allowed");
            }
        }
        foreach (var (key, value) in new[] { (nameof(Endpoint), Endpoint), (nameof(PublicUrl), PublicUrl) })
        {
            if (value.Length > 0 && !IsBase(value))
            {
                yield return $"{Section}:{key} '{value}' is not an address such as https://files.example.com";
            }
        }
        if ((AccessKey.Length > 0) != (SecretKey.Length > 0))
        {
            yield return $"{Section}:{nameof(AccessKey)} and {Section}:{nameof(SecretKey)} belong together; only one of them is set";
        }
        if (Endpoint.Length > 0 && Bucket.Length == 0)
        {
            yield return $"{Section}:{nameof(Endpoint)} is set, but no {Section}:{nameof(Bucket)}";
        }
    }

    private static bool IsBase(string value) =>
        Uri.TryCreate(value, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
        && address.Query.Length == 0 && address.Fragment.Length == 0 && address.UserInfo.Length == 0;
}
