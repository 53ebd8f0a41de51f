using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Gateway.Tests.Jobs;
using QwenMesh.Gateway.Tests.OpenAi;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Tests.FrontDoor;

/// <summary>What Submit refuses, before anything is stored.</summary>
public sealed class SubmitTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    public static TheoryData<string, Action<SubmitRequest>> Invalid => new()
    {
        { "request", request => request.Request = null },
        { "task", request => request.Request.Task = (GenerationTask)99 },
        { "format", request => request.Request.Format = (ImageFormat)99 },
        { "idempotency_key", request => request.IdempotencyKey = new string('k', 256) },
        { "deadline", request => request.Deadline = new Timestamp { Seconds = 1, Nanos = -1 } },
        { "deadline", request => request.Deadline = new Timestamp { Seconds = long.MaxValue } },
        { "webhook", request => request.Webhook = "example.com/hook" },
        { "webhook", request => request.Webhook = "ftp://example.com/hook" },
        { "webhook", request => request.Webhook = "https://user:password@example.com/hook" },
        { "webhook", request => request.Webhook = "http://127.0.0.1:9/hook" },
        { "webhook", request => request.Webhook = "http://169.254.169.254/latest/meta-data" },
        { "webhook", request => request.Webhook = "https://example.com/" + new string('x', 4096) },
        { "webhook", request => request.Webhook = "https://example.com/\0" },
    };

    [Theory]
    [MemberData(nameof(Invalid), DisableDiscoveryEnumeration = true)]
    public async Task What_is_wrong_is_INVALID_ARGUMENT_with_the_field(string field, Action<SubmitRequest> spoil)
    {
        var fault = await RefusedAsync(spoil, StatusCode.InvalidArgument, FaultReasons.InvalidRequest);
        Assert.Equal(field, Assert.Single(fault.Fields).Field);
    }

    [Fact]
    public async Task What_the_model_does_not_do_is_not_accepted()
    {
        // A control network; adapters.
        await RefusedAsync(request => request.Request.Task = GenerationTask.Control, StatusCode.Unimplemented, FaultReasons.Unsupported);
        await RefusedAsync(request => request.Request.Adapters.Add(new Adapter { Name = "a", Scale = 1 }), StatusCode.Unimplemented, FaultReasons.Unsupported);
        // Pictures that are too few, or too many.
        await RefusedAsync(request => request.Request.Task = GenerationTask.Edit, StatusCode.InvalidArgument, FaultReasons.InvalidRequest);
        await RefusedAsync(request => request.Request.References.Add(ByteString.CopyFrom(1)), StatusCode.InvalidArgument, FaultReasons.InvalidRequest);
        await RefusedAsync(request => request.Request.Strength = 0.5, StatusCode.InvalidArgument, FaultReasons.InvalidRequest);
    }

    [Theory]
    [InlineData(double.NaN, 0, 1)]
    [InlineData(double.PositiveInfinity, 0, 1)]
    [InlineData(1, double.NaN, 1)]
    [InlineData(1, 0, double.NegativeInfinity)]
    public async Task A_control_that_is_no_number_is_INVALID_ARGUMENT(double scale, double start, double end)
    {
        await using var mesh = await FakeMesh.StartAsync(models: (_, denoiser, _) =>
        {
            denoiser.Model.Features.Add(StageFeatures.Control);
            denoiser.Model.Denoiser.Controls.Add("canny");
        });
        using var client = new DurableClient(mesh.Gateway.GrpcAddress);
        var fault = await DurableClient.RefusedAsync(() => client.SubmitAsync(request =>
        {
            request.Request.Task = GenerationTask.Control;
            request.Request.Controls.Add(new ControlPicture
            {
                Name = "canny",
                Image = ByteString.CopyFrom(EditFiles.Png(10, 64, 64)),
                Scale = scale,
                GuidanceStart = start,
                GuidanceEnd = end,
            });
        }), StatusCode.InvalidArgument, FaultReasons.InvalidRequest);
        Assert.Equal("controls", Assert.Single(fault.Fields).Field);
    }

    [Fact]
    public async Task A_deadline_that_has_passed_is_told_at_once() => await RefusedAsync(
        request => request.Deadline = Timestamp.FromDateTime(DateTime.UtcNow.AddSeconds(-1)), StatusCode.DeadlineExceeded, FaultReasons.DeadlinePassed);

    [Fact]
    public async Task A_job_that_waits_past_its_deadline_fails_with_that_reason()
    {
        var time = new ShiftedTime();
        await using var mesh = await FakeMesh.StartAsync(
            settings: new Dictionary<string, string?> { ["Gateway:MaxConcurrentGenerations"] = "1" },
            services: services =>
            {
                services.AddSingleton<TimeProvider>(time);
                QuickLeases.Register(services);
            });
        mesh.Denoiser.Service.Calls.Hold = new TaskCompletionSource().Task;
        using var client = new DurableClient(mesh.Gateway.GrpcAddress);
        await client.SubmitAsync();
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        var late = await client.SubmitAsync(request => request.Deadline = Timestamp.FromDateTime(DateTime.UtcNow.AddHours(1)));
        time.Shift = TimeSpan.FromHours(2);
        var fault = (await client.EventsAsync(late.Id))[^1].Ended.Fault;
        Assert.Equal(((int)StatusCode.DeadlineExceeded, FaultReasons.DeadlinePassed, "gateway"), (fault.Code, fault.Reason, fault.Stage));
    }

    [Fact]
    public async Task A_full_queue_says_when_to_come_again()
    {
        await using var mesh = await FakeMesh.StartAsync(
            settings: new Dictionary<string, string?> { ["Gateway:MaxConcurrentGenerations"] = "1", ["Jobs:MaxQueuedPictures"] = "0" });
        mesh.Denoiser.Service.Calls.Hold = new TaskCompletionSource().Task;
        using var client = new DurableClient(mesh.Gateway.GrpcAddress);
        await client.SubmitAsync();
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        var fault = await DurableClient.RefusedAsync(() => client.SubmitAsync(), StatusCode.ResourceExhausted, FaultReasons.Overloaded);
        Assert.True(fault.RetryDelay > TimeSpan.Zero, $"RetryInfo says {fault.RetryDelay}");
    }

    [Fact]
    public async Task A_failed_job_tells_what_Generate_would()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Jobs:MaxAttempts"] = "1" });
        mesh.Denoiser.Service.Calls.AlwaysFail = StageFaults.InvalidRequest("denoiser", "cannot draw this");
        using var client = new DurableClient(mesh.Gateway.GrpcAddress);
        var job = await client.SubmitAsync();
        var ended = (await client.EventsAsync(job.Id))[^1].Ended;
        Assert.Equal(ended.Fault, (await client.GetAsync(job.Id)).Fault);
        using var call = client.Generate(DurableClient.Request.Request);
        var refused = await Assert.ThrowsAsync<RpcException>(
            async () => await call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken).LastAsync(TestContext.Current.CancellationToken));
        var told = StageFaults.Read(refused)!;
        Assert.Equal((GenerationJobState.Failed, (int)refused.StatusCode, told.Reason, told.Stage), (ended.State, ended.Fault.Code, ended.Fault.Reason, ended.Fault.Stage));
    }

    [Fact]
    public async Task Who_waits_for_a_job_that_is_cancelled_is_told_so()
    {
        await using var mesh = await FakeMesh.StartAsync();
        mesh.Denoiser.Service.Calls.Hold = new TaskCompletionSource().Task;
        using var client = new DurableClient(mesh.Gateway.GrpcAddress);
        using var call = client.Generate(DurableClient.Request.Request);
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        var job = Assert.Single((await client.ListAsync(new ListJobsRequest())).Jobs);
        await client.CancelAsync(job.Id);
        await DurableClient.RefusedAsync(
            async () => await call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken).LastAsync(TestContext.Current.CancellationToken),
            StatusCode.Cancelled, FaultReasons.Cancelled);
    }

    private async Task<StageFault> RefusedAsync(Action<SubmitRequest> spoil, StatusCode status, string reason)
    {
        using var client = new DurableClient(shared.Gateway.GrpcAddress);
        var fault = await DurableClient.RefusedAsync(() => client.SubmitAsync(spoil), status, reason);
        Assert.Empty((await client.ListAsync(new ListJobsRequest())).Jobs);
        return fault;
    }
}
