using QwenMesh.ServiceDefaults;

namespace QwenMesh.Gateway.Jobs;

internal static class JobRegistration
{
    /// <summary>Adds what accepts and runs jobs; the store is added before.</summary>
    public static void AddJobs(this IServiceCollection services)
    {
        services.AddValidatedOptions<JobOptions>(JobOptions.Section, options => options.Validate());
        services.AddSingleton<GatewayIdentity>().AddSingleton<JobSignals>().AddSingleton<RunningJobs>().AddSingleton<LocalCalls>().AddSingleton<WorkRate>();
        services.AddSingleton<KeptPreviews>().AddSingleton<LostFiles>().AddSingleton<JobFiles>().AddSingleton<JobCheckpointing>().AddSingleton<JobResults>();
        services.AddSingleton<JobAdmission>().AddSingleton<JobInstrumentation>().AddSingleton<JobExecution>();
        services.AddSingleton<JobQueue>().AddSingleton<JobWatcher>().AddSingleton<JobEnds>().AddSingleton<JobCalls>();
        // Before the runner, so that it stops after it: what is finished while the Gateway stops stays its own until then.
        services.AddHostedService<JobLeases>();
        services.AddHostedService<JobRunner>();
        services.AddHostedService<JobUpkeep>();
    }
}
