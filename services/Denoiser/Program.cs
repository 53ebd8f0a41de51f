using QwenMesh.Denoiser;
using QwenMesh.ServiceDefaults;
using QwenMesh.StageHost;

if (Doctor.Run(args, Console.Out) is { } exitCode)
{
    return exitCode;
}

var app = ServiceHost.CreateBuilder(args).AddDenoiser().Build();
app.MapStage<DenoiserService>();
await app.RunAsync();
return 0;
