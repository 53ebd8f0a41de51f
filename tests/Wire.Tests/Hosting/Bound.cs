namespace QwenMesh.Wire.Tests.Hosting;

/// <summary>How long a test waits for what must happen: far longer than it takes, so that only a hang is cut off.</summary>
internal static class Bound
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    /// <summary>Cancelled with the test, or three minutes from now.</summary>
    public static CancellationToken Token
    {
        get
        {
            var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            source.CancelAfter(Longest);
            return source.Token;
        }
    }
}
