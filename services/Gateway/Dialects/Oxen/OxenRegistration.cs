namespace QwenMesh.Gateway.Dialects.Oxen;

internal static class OxenRegistration
{
    public static IServiceCollection AddOxen(this IServiceCollection services) => services
        .AddSingleton<OxenCatalog>().AddSingleton<OxenReader>().AddSingleton<OxenGenerations>()
        .AddSingleton<OxenQueue>().AddSingleton<OxenHistory>().AddSingleton<OxenEvents>().AddSingleton<OxenModels>()
        .AddSingleton<IDialect, OxenEndpoints>();
}
