using QwenMesh.ServiceDefaults;
using QwenMesh.StageHost;

namespace QwenMesh.Denoiser;

internal static class DenoiserRegistration
{
    /// <summary>Everything of this stage but its port numbers, which the caller may override by configuration.</summary>
    public static WebApplicationBuilder AddDenoiser(this WebApplicationBuilder builder)
    {
        builder.AddStageDefaults(DenoiserService.Stage, grpcPort: 7002, httpPort: 7102);
        builder.Services.AddValidatedOptions<DenoiserOptions>(DenoiserOptions.Section, options => options.Validate());
        builder.Services.AddSingleton<DenoiserInstrumentation>().AddSingleton<DenoiseMethod>();
        return builder.AddStageModel<DenoiserModel>();
    }
}
