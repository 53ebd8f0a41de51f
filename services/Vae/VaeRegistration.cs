using QwenMesh.ServiceDefaults;
using QwenMesh.StageHost;

namespace QwenMesh.Vae;

internal static class VaeRegistration
{
    private const int GrpcPort = 7003;
    private const int HttpPort = 7103;

    /// <summary>Everything that the Vae stage is made of.</summary>
    public static WebApplicationBuilder AddVae(this WebApplicationBuilder builder)
    {
        builder.AddStageDefaults(VaeService.Stage, GrpcPort, HttpPort);
        builder.Services.AddValidatedOptions<VaeOptions>(VaeOptions.Section, options => options.Validate());
        builder.Services.AddSingleton<VaeInstrumentation>().AddSingleton<EncodeMethod>().AddSingleton<DecodeMethod>();
        return builder.AddStageModel<VaeModel>();
    }
}
