using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Guardrails;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Jobs.Store;

namespace QwenMesh.Gateway.Tests.Jobs.Store;

/// <summary>The store as one Gateway has it, with its hosted services running.</summary>
internal sealed class TestStore : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private TestStore(ServiceProvider services) => _services = services;

    public StandingTime Time => _services.GetRequiredService<StandingTime>();

    public IJobStore Jobs => _services.GetRequiredService<IJobStore>();

    public IWebhookOutbox Webhooks => _services.GetRequiredService<IWebhookOutbox>();

    public ISigningKeys Keys => _services.GetRequiredService<ISigningKeys>();

    public IAuditTrail Audit => _services.GetRequiredService<IAuditTrail>();

    public JobSignals Signals => _services.GetRequiredService<JobSignals>();

    /// <summary>What was logged, as "Level id".</summary>
    public string[] Log => _services.GetRequiredService<LogList>().Lines;

    public StoreDatabase Database => _services.GetRequiredService<StoreDatabase>();

    public IDbContextFactory<JobsDb> Contexts => _services.GetRequiredService<IDbContextFactory<JobsDb>>();

    /// <summary>Not started: no tables, no listener.</summary>
    public static TestStore Create(JobOptions options, StandingTime? time = null)
    {
        time ??= new StandingTime();
        var services = new ServiceCollection();
        var log = new LogList();
        services.AddLogging(logging => logging.AddProvider(log));
        services.AddSingleton(log);
        services.AddSingleton(time).AddSingleton<TimeProvider>(time);
        services.AddSingleton(Microsoft.Extensions.Options.Options.Create(options));
        services.AddJobStore();
        return new TestStore(services.BuildServiceProvider());
    }

    public static async Task<TestStore> StartAsync(JobOptions options, StandingTime? time = null)
    {
        var store = Create(options, time);
        await store.StartAsync();
        return store;
    }

    public async Task StartAsync()
    {
        foreach (var service in _services.GetServices<IHostedService>())
        {
            await service.StartAsync(CancellationToken.None);
        }
    }

    /// <summary>A job as it is submitted now.</summary>
    public NewJob New(
        string owner = "owner", string dialect = "test", int priority = 0, string? key = null, WebhookTarget? webhook = null, TimeSpan? deadline = null, string? model = null)
    {
        var now = Time.GetUtcNow();
        var request = new GenerationRequest { Prompt = "a cat", Seed = 7, Priority = priority, Model = model };
        var job = new Job { Id = Guid.CreateVersion7(now).ToString(), Dialect = dialect, Owner = owner, Request = request, CreatedAt = now, ExpiresAt = now.AddDays(1) };
        var submission = new JobSubmission { Request = request, Dialect = dialect, Owner = owner, IdempotencyKey = key, Webhook = webhook };
        return new NewJob(job, StoredRequest.Write(request), submission, 10, now + (deadline ?? TimeSpan.FromHours(1)));
    }

    public Task<Job> AddAsync(string owner = "owner", string dialect = "test", int priority = 0, string? key = null, WebhookTarget? webhook = null, TimeSpan? deadline = null, string? model = null) =>
        Jobs.AddAsync(New(owner, dialect, priority, key, webhook, deadline, model), TestContext.Current.CancellationToken);

    /// <summary>Takes one job, which has to be there.</summary>
    public async Task<ClaimedJob> ClaimAsync(string gateway = "gateway", double leaseSeconds = 60) =>
        Assert.Single(await Jobs.ClaimAsync(gateway, 1, TimeSpan.FromSeconds(leaseSeconds), TestContext.Current.CancellationToken));

    public async Task<Job> FindAsync(string id) => (await Jobs.FindAsync(id, TestContext.Current.CancellationToken))!;

    public Task<IReadOnlyList<JobEvent>> EventsAsync(string id) => Jobs.EventsAsync(id, 0, 10_000, TestContext.Current.CancellationToken);

    public async Task<string[]> EventKindsAsync(string id) => [.. (await EventsAsync(id)).Select(happened => happened.Data.GetType().Name)];

    /// <summary>Forgets what has expired; its ids.</summary>
    public async Task<IReadOnlyList<string>> ForgetAsync()
    {
        var expired = await Jobs.ExpiredAsync(10, TestContext.Current.CancellationToken);
        await Jobs.ForgetAsync(expired, TestContext.Current.CancellationToken);
        return expired;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var service in _services.GetServices<IHostedService>().Reverse())
        {
            await service.StopAsync(CancellationToken.None);
        }
        await _services.DisposeAsync();
    }
}
