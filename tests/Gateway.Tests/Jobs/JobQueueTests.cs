using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Orchestration;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.Jobs;

/// <summary>What the queue itself refuses, whichever dialect submits it.</summary>
public sealed class JobQueueTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    private const string Owner = "of these tests";

    private static readonly GenerationRequest Plain = new() { Prompt = "p", Seed = 1, Size = new ImageSize(512, 512), Steps = 2 };

    [Fact]
    public async Task A_request_that_the_model_does_not_do_is_not_stored()
    {
        await RefusedAsync(Plain with { Task = GenerationTask.Control }, FaultKind.Unsupported);
        await RefusedAsync(Plain with { Adapters = [new AdapterChoice("a", 1)] }, FaultKind.Unsupported);
        await RefusedAsync(Plain with { Task = GenerationTask.Inpaint, References = [new byte[1]] }, FaultKind.InvalidRequest);
    }

    [Fact]
    public Task A_request_whose_deadline_has_passed_is_not_stored() =>
        RefusedAsync(Plain with { Deadline = DateTimeOffset.UtcNow.AddSeconds(-1) }, FaultKind.DeadlineExceeded);

    private async Task RefusedAsync(GenerationRequest request, FaultKind kind)
    {
        var services = shared.Gateway.Services;
        var (queue, served) = (services.GetRequiredService<JobQueue>(), services.GetRequiredService<ImageGenerator>().Check(request));
        var submission = new JobSubmission { Request = request, Dialect = "any", Owner = Owner };
        var refused = await Assert.ThrowsAsync<GenerationException>(() => queue.SubmitAsync(submission, served, TestContext.Current.CancellationToken));
        Assert.Equal(kind, refused.Fault.Kind);
        Assert.Empty((await queue.ListAsync(new JobQuery { Owner = Owner }, TestContext.Current.CancellationToken)).Jobs);
    }
}
