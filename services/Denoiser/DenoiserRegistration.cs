using Microsoft.Extensions.Options;
using QwenMesh.ServiceDefaults;
using QwenMesh.Tensors;
using QwenMesh.Tensors.Cpu;

namespace QwenMesh.Denoiser;

internal static class DenoiserRegistration
{
    public const string Stage = "denoiser";

    /// <summary>Everything of this stage but its port numbers, which the caller may override by configuration.</summary>
    public static WebApplicationBuilder AddDenoiser(this WebApplicationBuilder builder)
    {
        builder.AddStageDefaults(Stage, grpcPort: 7002, httpPort: 7102);
        builder.Services.AddValidatedOptions<DenoiserOptions>(DenoiserOptions.Section, options => options.Validate());
        builder.Services.AddSingleton<TensorBackend>(services =>
        {
            var threads = services.GetRequiredService<IOptions<StageOptions>>().Value.Threads;
            return new CpuBackend(new CpuOptions { Threads = threads == 0 ? null : threads });
        });
        builder.Services.AddSingleton<DenoiserInstrumentation>();
        builder.Services.AddSingleton<DenoiserModel>();
        builder.Services.AddSingleton<IStageModel>(services => services.GetRequiredService<DenoiserModel>());
        return builder;
    }
}
