namespace QwenMesh.Grpc.Tests.Server;

/// <summary>How long a test waits for what must happen: far longer than it takes, so that only a hang is cut off.</summary>
internal static class Patience
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    /// <summary>Cancelled with the test, or a minute from now.</summary>
    public static CancellationToken Token
    {
        get
        {
            var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            source.CancelAfter(Bound);
            return source.Token;
        }
    }
}
