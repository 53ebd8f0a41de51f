using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Jobs.Store;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Gateway.Webhooks;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Webhooks;

/// <summary>Jobs with a webhook, and what the outbox says of them.</summary>
internal static class WebhookCalls
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>A small picture whose end is told.</summary>
    public static Task<Job> TellAsync(this GatewayHost gateway, string address, string dialect = HastyForm.Name)
    {
        var served = gateway.Services.GetRequiredService<ModelDirectory>().Choose(null)!;
        var request = new GenerationRequest { Prompt = "a red circle", Seed = 7, Size = new ImageSize(256, 256), Steps = 1 };
        var submission = new JobSubmission
        {
            Request = request,
            Dialect = dialect,
            BaseAddress = gateway.Http.BaseAddress!.GetLeftPart(UriPartial.Authority),
            Webhook = new WebhookTarget(address),
        };
        return gateway.Services.GetRequiredService<JobQueue>().SubmitAsync(submission, served, Stop);
    }

    public static async Task<WebhookRow[]> OutboxAsync(this GatewayHost gateway)
    {
        await using var db = await gateway.Services.GetRequiredService<IDbContextFactory<JobsDb>>().CreateDbContextAsync(Stop);
        return await db.Webhooks.OrderBy(row => row.Id).ToArrayAsync(Stop);
    }

    /// <summary>Waits until nothing is due any more, now or later.</summary>
    public static async Task<WebhookRow[]> DoneAsync(this GatewayHost gateway, int count = 1)
    {
        WebhookRow[] rows = [];
        await Eventually.TrueAsync(async () => (rows = await gateway.OutboxAsync()).Length == count && rows.All(row => row.DueAt is null), "no webhook is due");
        return rows;
    }

    public static WebhookDispatcher Dispatcher(this GatewayHost gateway) => gateway.Services.GetServices<Microsoft.Extensions.Hosting.IHostedService>().OfType<WebhookDispatcher>().Single();
}
