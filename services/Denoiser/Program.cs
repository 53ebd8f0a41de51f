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
// 1 when the stage has stopped because of a failure. What a program returns would otherwise count in its place.
return Environment.ExitCode;
