using QwenMesh.ServiceDefaults;

namespace QwenMesh.Gateway.Dialects.OpenAi;

internal static class OpenAiRegistration
{
    public static void AddOpenAi(this IServiceCollection services)
    {
        services.AddValidatedOptions<OpenAiOptions>(OpenAiOptions.Section, options => options.Validate());
        services.AddSingleton<OpenAiModels>().AddSingleton<OpenAiStream>().AddSingleton<OpenAiDrawing>().AddSingleton<OpenAiResponse>();
        services.AddSingleton<OpenAiContent>().AddSingleton<ChatResponse>().AddSingleton<SglangRoutes>().AddSingleton<IDialect, OpenAiEndpoints>();
    }
}
