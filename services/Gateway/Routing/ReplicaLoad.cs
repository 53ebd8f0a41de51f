namespace QwenMesh.Gateway.Routing;

/// <summary>What one replica has to do for the orchestrator, and how fast it was.</summary>
internal sealed class ReplicaLoad
{
    /// <summary>Time after which a measurement counts half.</summary>
    public static readonly TimeSpan HalfLife = TimeSpan.FromSeconds(60);

    // Share of the newest call in the averages.
    private const double Newest = 0.3;

    /// <summary>In progress.</summary>
    public int Calls { get; private set; }

    /// <summary>Their work.</summary>
    public double Units { get; private set; }

    /// <summary>Work of a call, on average; 0 before the first.</summary>
    public double UsualUnits { get; private set; }

    /// <summary>0 before the first measurement.</summary>
    public double SecondsPerUnit { get; private set; }

    public long MeasuredAt { get; private set; }

    public void Begin(double units)
    {
        Calls++;
        Units += units;
        UsualUnits = Average(UsualUnits, units);
    }

    public void End(double units)
    {
        Calls--;
        Units = Calls == 0 ? 0 : Math.Max(0, Units - units); // No rounding is carried on.
    }

    public void Measured(double units, double seconds, long now)
    {
        if (units > 0 && seconds > 0)
        {
            (SecondsPerUnit, MeasuredAt) = (Average(SecondsPerUnit, seconds / units), now);
        }
    }

    private static double Average(double before, double newest) => before > 0 ? (before * (1 - Newest)) + (newest * Newest) : newest;
}
