using QwenMesh.Encoder;
using QwenMesh.ServiceDefaults;
using QwenMesh.StageHost;

if (Doctor.Run(args, Console.Out) is { } exitCode)
{
    return exitCode;
}

var builder = ServiceHost.CreateBuilder(args);
builder.AddEncoder();

var app = builder.Build();
app.MapStage<EncoderService>();
await app.RunAsync();
// 1 when the stage has stopped because of a failure. What a program returns would otherwise count in its place.
return Environment.ExitCode;
