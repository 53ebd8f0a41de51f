namespace Grpc.AspNetCore.HealthChecks;

/// <summary>How health checks become gRPC health.</summary>
public sealed class GrpcHealthChecksOptions
{
    /// <summary>Which checks decide about which service. The empty name stands for the server and is mapped to all checks.</summary>
    public ServiceMappingCollection Services { get; } = [];

    /// <summary>Answers with the last published results instead of running the checks for every call.</summary>
    public bool UseHealthChecksCache { get; set; }

    /// <summary>Leaves Watch calls open while the application stops, instead of telling them NOT_SERVING and ending them.</summary>
    public bool SuppressCompletionOnShutdown { get; set; }
}
