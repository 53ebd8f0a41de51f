namespace QwenMesh.Gateway.Tests.Fakes;

/// <summary>The system's time and timers, but for time stamps: none passes between two of them, so that what is known stays fresh, however slow the machine is.</summary>
internal sealed class StillStamps : TimeProvider
{
    public override long GetTimestamp() => 1;
}
