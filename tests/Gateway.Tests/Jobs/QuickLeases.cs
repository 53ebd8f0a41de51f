using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Tests.Jobs;

/// <summary>
/// A Gateway that looks after its leases a hundred times as often as their length asks for. What it looks for it finds soon, and it loses none while its
/// machine stands still for a while.
/// </summary>
internal static class QuickLeases
{
    public static void Register(IServiceCollection services)
    {
        // In its place: hosted services stop in the order in which they stand.
        var place = services.IndexOf(services.Single(service => service.ServiceType == typeof(IHostedService) && service.ImplementationType == typeof(JobLeases)));
        services[place] = ServiceDescriptor.Singleton<IHostedService>(provider =>
            ActivatorUtilities.CreateInstance<JobLeases>(provider, new QuickTimers(provider.GetRequiredService<TimeProvider>(), 100)));
    }
}

/// <summary>A clock whose timers are faster.</summary>
internal sealed class QuickTimers(TimeProvider time, int factor) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        time.CreateTimer(callback, state, dueTime / factor, period / factor);
}
