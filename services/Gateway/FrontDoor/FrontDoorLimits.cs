namespace QwenMesh.Gateway.FrontDoor;

/// <summary>Limits of the front door for gRPC.</summary>
internal static class FrontDoorLimits
{
    /// <summary>Bytes of one message; a request carries its pictures.</summary>
    public const int MaxMessageBytes = 64 << 20;
}
