using Grpc.Core;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using QwenMesh.Protocol;
using QwenMesh.Tensors;

namespace QwenMesh.StageHost.Tests;

public sealed class UnexpectedFaultInterceptorTests
{
    private readonly LevelLog _log = new();

    [Fact]
    public async Task A_failure_becomes_a_fault_and_an_error_in_the_log()
    {
        var thrown = await ThrownAsync(new InvalidOperationException("inner detail"), new OneCall());
        var fault = Assert.IsType<RpcException>(thrown);
        Assert.Equal(StatusCode.Internal, fault.StatusCode);
        Assert.Equal(("vae", FaultReasons.ComputationFailed), (StageFaults.Read(fault)!.Stage, StageFaults.Read(fault)!.Reason));
        Assert.DoesNotContain("inner detail", fault.Status.Detail, StringComparison.Ordinal);
        Assert.Equal([LogLevel.Error], _log.Levels);
    }

    [Fact]
    public async Task A_full_device_is_a_fault_that_can_be_tried_again()
    {
        var thrown = Assert.IsType<RpcException>(await ThrownAsync(new OutOfDeviceMemoryException("cuda:0", "2.0 GiB asked for, 1.1 GiB free"), new OneCall()));
        Assert.Equal(StatusCode.ResourceExhausted, thrown.StatusCode);
        Assert.Equal((FaultReasons.Overloaded, true), (StageFaults.Read(thrown)!.Reason, StageFaults.Read(thrown)!.Retryable));
        Assert.Contains("2.0 GiB asked for", thrown.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tensors_that_a_host_has_no_memory_for_are_a_fault_that_can_be_tried_again()
    {
        var thrown = Assert.IsType<RpcException>(await ThrownAsync(new OutOfMemoryException("inner detail"), new OneCall()));
        Assert.Equal((StatusCode.ResourceExhausted, FaultReasons.Overloaded, true), (thrown.StatusCode, StageFaults.Read(thrown)!.Reason, StageFaults.Read(thrown)!.Retryable));
        Assert.Equal("the vae has no memory left for the call", thrown.Status.Detail);
        Assert.Equal([LogLevel.Error], _log.Levels);
    }

    /// <summary>They come from files and devices, too; what a caller's departure throws is known where its stream is read and written.</summary>
    public static TheoryData<Exception> NotDepartures =>
        [new IOException("Input/output error"), new ConnectionResetException("reset"), new OperationCanceledException(), new TimeoutException()];

    [Theory]
    [MemberData(nameof(NotDepartures), DisableDiscoveryEnumeration = true)]
    public async Task What_may_look_like_a_departure_is_a_failure_while_the_caller_is_there(Exception failure)
    {
        var thrown = Assert.IsType<RpcException>(await ThrownAsync(failure, new OneCall()));
        Assert.Equal((StatusCode.Internal, FaultReasons.ComputationFailed), (thrown.StatusCode, StageFaults.Read(thrown)!.Reason));
        Assert.Equal([LogLevel.Error], _log.Levels);
    }

    [Fact]
    public async Task What_follows_from_a_cancelled_or_late_call_is_left_to_the_runtime()
    {
        var failure = new InvalidOperationException("Can't write the message because the request is complete.");
        Assert.Same(failure, await ThrownAsync(failure, new OneCall { Token = new CancellationToken(canceled: true) }));
        Assert.Same(failure, await ThrownAsync(failure, new OneCall { At = DateTime.UtcNow.AddSeconds(-1) }));
        Assert.Empty(_log.Levels);
    }

    [Fact]
    public async Task A_status_stays_as_it_is()
    {
        var status = StageFaults.InvalidRequest("vae", "wrong");
        Assert.Same(status, await ThrownAsync(status, new OneCall()));
        Assert.Empty(_log.Levels);
    }

    private async Task<Exception> ThrownAsync(Exception exception, ServerCallContext call)
    {
        var faults = new UnexpectedFaultInterceptor(new StageIdentity("vae"), [new OutOfMemoryFaults(new StageIdentity("vae"))], _log);
        var unary = await Assert.ThrowsAnyAsync<Exception>(() => faults.UnaryServerHandler<string, string>("", call, (_, _) => throw exception));
        _log.Levels.Clear();
        var duplex = await Assert.ThrowsAnyAsync<Exception>(
            () => faults.DuplexStreamingServerHandler<string, string>(null!, null!, call, (_, _, _) => throw exception));
        Assert.Equal(unary.Message, duplex.Message);
        return duplex;
    }

    private sealed class LevelLog : ILogger<UnexpectedFaultInterceptor>
    {
        public List<LogLevel> Levels { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Levels.Add(logLevel);
    }

    private sealed class OneCall : ServerCallContext
    {
        public CancellationToken Token { get; init; }

        public DateTime At { get; init; } = DateTime.MaxValue;

        protected override string MethodCore => "/qwenmesh.v1.VaeStage/Decode";

        protected override string HostCore => "localhost";

        protected override string PeerCore => "ipv4:127.0.0.1:1";

        protected override DateTime DeadlineCore => At;

        protected override Metadata RequestHeadersCore { get; } = [];

        protected override CancellationToken CancellationTokenCore => Token;

        protected override Metadata ResponseTrailersCore { get; } = [];

        protected override Status StatusCore { get; set; }

        protected override WriteOptions? WriteOptionsCore { get; set; }

        protected override AuthContext AuthContextCore => new(null, []);

        protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => Task.CompletedTask;

        protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) => throw new NotSupportedException();
    }
}
