using Microsoft.Extensions.Options;
using QwenMesh.ServiceDefaults;
using QwenMesh.StageHost;

namespace QwenMesh.Encoder;

internal static class EncoderRegistration
{
    private const int GrpcPort = 7001;
    private const int HttpPort = 7101;

    /// <summary>Everything that the Encoder stage is made of.</summary>
    public static WebApplicationBuilder AddEncoder(this WebApplicationBuilder builder)
    {
        builder.AddStageDefaults(EncoderService.Stage, GrpcPort, HttpPort);
        builder.Services.AddValidatedOptions<EncoderOptions>(EncoderOptions.Section, options => options.Validate());
        builder.Services.AddSingleton(services => new EncodeCache(services.GetRequiredService<IOptions<EncoderOptions>>().Value.CacheBytes));
        builder.Services.AddSingleton<EncoderInstrumentation>().AddSingleton<EncodeMethod>();
        return builder.AddStageModel<EncoderModel>();
    }
}
