using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using QwenMesh.ServiceDefaults;
using QwenMesh.Tensors;

namespace QwenMesh.StageHost;

/// <summary>The engine of a stage, chosen by configuration alone.</summary>
public static partial class EngineRegistration
{
    /// <summary>Registers the engine of section Engine, what its memory tells, and the model that computes with it.</summary>
    public static WebApplicationBuilder AddStageModel<TModel>(this WebApplicationBuilder builder)
        where TModel : class, IStageModel
    {
        builder.Services.AddValidatedOptions<EngineHostOptions>(EngineHostOptions.Section, options => options.Validate())
            .PostConfigure(options => options.AddTorchSection(builder.Configuration));
        builder.Services.AddSingleton(Open);
        builder.Services.AddSingleton<EngineInstrumentation>().AddSingleton<StageWeights>();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<UnusedMemory>();
        builder.Services.AddSingleton<IStageFaultSource, OutOfMemoryFaults>().AddSingleton<IStageFaultSource, NotFiniteFaults>();
        builder.Services.AddSingleton<StageModelContext>().AddSingleton<TModel>();
        builder.Services.AddSingleton<IStageModel>(services => services.GetRequiredService<TModel>());
        return builder;
    }

    private static TensorBackend Open(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<EngineHostOptions>>().Value;
        var stage = services.GetRequiredService<IOptions<StageOptions>>().Value;
        var engine = TensorEngines.Open(options.ToEngineOptions(stage.Threads > 0 ? stage.Threads : null));
        LogOpened(services.GetRequiredService<ILogger<TensorBackend>>(), engine.Description, engine.ComputeType);
        services.GetRequiredService<EngineInstrumentation>().Observe(engine);
        services.GetRequiredService<UnusedMemory>().Watch(engine);
        return engine;
    }

    [LoggerMessage(4, LogLevel.Information, "Engine {Engine}, activations in {ComputeType}")]
    private static partial void LogOpened(ILogger logger, string engine, DType computeType);
}
