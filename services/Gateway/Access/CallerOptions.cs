namespace QwenMesh.Gateway.Access;

/// <summary>What one caller may ask for. 0 is no limit of its own; the Gateway's limits hold for everybody.</summary>
internal class CallerOptions
{
    /// <summary>Requests a minute that draw, in the long run; more are refused with 429. Default 0.</summary>
    public int RequestsPerMinute { get; set; }

    /// <summary>Of those, how many may come at once after a pause. Default 0: as many as a minute allows.</summary>
    public int Burst { get; set; }

    /// <summary>Requests a minute that ask for something, e.g. the state of a job; more are refused with 429. Default 0.</summary>
    public int InquiriesPerMinute { get; set; }

    /// <summary>Requests that draw and are being answered; one more is refused with 429. Default 0.</summary>
    public int ConcurrentRequests { get; set; }

    /// <summary>Bytes of a request body; more is refused with 413. Default 0.</summary>
    public int MaxRequestBodyBytes { get; set; }

    /// <summary>Pixels of all pictures of a request; more is refused with 403. Default 0.</summary>
    public long MaxPixels { get; set; }

    /// <summary>Denoising steps of a picture; more is refused with 403. Default 0.</summary>
    public int MaxSteps { get; set; }

    /// <summary>Model ids, e.g. "qwen-image"; others are refused with 403. Default none: all.</summary>
    public IList<string> Models { get; set; } = [];

    internal IEnumerable<string> Validate(string at)
    {
        (string Name, long Value, long Most)[] limits =
        [
            (nameof(RequestsPerMinute), RequestsPerMinute, 1_000_000),
            (nameof(Burst), Burst, 1_000_000),
            (nameof(InquiriesPerMinute), InquiriesPerMinute, 1_000_000),
            (nameof(ConcurrentRequests), ConcurrentRequests, 1_000_000),
            (nameof(MaxRequestBodyBytes), MaxRequestBodyBytes, 1 << 30),
            (nameof(MaxPixels), MaxPixels, long.MaxValue),
            (nameof(MaxSteps), MaxSteps, int.MaxValue),
        ];
        foreach (var (name, value, most) in limits)
        {
            if (value < 0 || value > most)
            {
                yield return $"{at}:{name} is {value}; 0 to {most} are allowed";
            }
        }
        if (Burst > 0 && RequestsPerMinute == 0)
        {
            yield return $"{at}:{nameof(Burst)} is {Burst} without {nameof(RequestsPerMinute)}, which it belongs to";
        }
        if (Models.Any(string.IsNullOrWhiteSpace))
        {
            yield return $"{at}:{nameof(Models)} has an empty model id";
        }
    }
}
