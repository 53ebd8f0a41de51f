namespace QwenMesh.StageHost;

/// <summary>Name of the stage that this process hosts: "encoder", "denoiser" or "vae".</summary>
public sealed record StageIdentity(string Name)
{
    /// <summary>Full name of its gRPC service, e.g. "qwenmesh.v1.EncoderStage".</summary>
    public string GrpcService => $"qwenmesh.v1.{char.ToUpperInvariant(Name[0])}{Name[1..]}Stage";
}
