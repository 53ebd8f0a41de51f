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
return 0;
