using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.Guardrails;

namespace QwenMesh.Gateway.Jobs.Store;

internal static class StoreRegistration
{
    /// <summary>Name of the embedded default's file in Jobs:Folder.</summary>
    public const string FileName = "jobs.db";

    /// <summary>Adds the store of jobs, webhooks, secrets and audit records. Before all hosted services that use it: the first one makes the tables.</summary>
    public static IServiceCollection AddJobStore(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<JobSignals>();
        // What fails is repeated, or thrown at who has asked: the libraries need not tell of it too, nor of every statement.
        services.AddLogging(logging => logging
            .AddFilter("Npgsql", LogLevel.Critical)
            .AddFilter("Microsoft.EntityFrameworkCore", LogLevel.Warning)
            .AddFilter("Microsoft.EntityFrameworkCore.Database", LogLevel.Critical)
            .AddFilter("Microsoft.EntityFrameworkCore.Update", LogLevel.Critical));
        services.AddSingleton(provider => Database(provider.GetRequiredService<IOptions<JobOptions>>().Value));
        services.AddPooledDbContextFactory<JobsDb>((provider, options) => provider.GetRequiredService<StoreDatabase>().Configure(options));
        services.AddMetrics();
        services.AddSingleton<StoreInstrumentation>().AddSingleton<StoreTransactions>();
        services.AddSingleton<IJobStore, JobStore>().AddSingleton<IWebhookOutbox, WebhookOutbox>();
        services.AddSingleton<ISigningKeys, SigningKeys>().AddSingleton<IAuditTrail, AuditTrail>();
        services.AddHostedService<StoreStart>();
        services.AddHostedService<PostgresListener>();
        return services;
    }

    private static StoreDatabase Database(JobOptions options) => options.ConnectionString.Length > 0
        ? new PostgresDatabase(options.ConnectionString)
        : new SqliteDatabase(Path.Combine(options.DataFolder, FileName));
}
