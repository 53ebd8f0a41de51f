namespace QwenMesh.Grpc.Tests.Server;

/// <summary>Tests that measure the whole process: no others run beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MeasuredAlone
{
    public const string Name = "measured alone";
}
