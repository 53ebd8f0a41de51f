namespace QwenMesh.Gateway.OpenApi;

/// <summary>Descriptions of the routes that belong to no dialect.</summary>
internal static class GatewayRoutes
{
    public static RouteDescription Health { get; } = new(GatewayDescription.Tag, "The Gateway itself, for probes")
    {
        Answers = [new RouteAnswer(200, "text/plain", Schemas.Text()), new RouteAnswer(503, "text/plain", Schemas.Text())],
    };

    public static RouteDescription Metrics { get; } = new(GatewayDescription.Tag, "Metrics in Prometheus' text format, or as OpenMetrics to those who ask for it")
    {
        Answers = [new RouteAnswer(200, "text/plain", Schemas.Text()), new RouteAnswer(200, "application/openmetrics-text", Schemas.Text())],
    };
}
