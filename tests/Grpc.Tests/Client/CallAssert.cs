using Grpc.Core;

namespace QwenMesh.Grpc.Tests.Client;

/// <summary>Assertions on failing calls. Every wait is bounded: a call that hangs is a failure, not a stuck run.</summary>
internal static class CallAssert
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task<RpcException> FailsAsync(StatusCode code, Task call)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(() => call.WaitAsync(Patience));
        Assert.True(exception.StatusCode == code, $"Expected {code}, got {exception.Status}");
        return exception;
    }

    public static Task<RpcException> FailsAsync(StatusCode code, Func<Task> call) => FailsAsync(code, call());
}
