using QwenMesh.ServiceDefaults;
using QwenMesh.StageHost;
using QwenMesh.Vae;

if (Doctor.Run(args, Console.Out) is { } exitCode)
{
    return exitCode;
}

var builder = ServiceHost.CreateBuilder(args);
builder.AddVae();

var app = builder.Build();
app.MapStage<VaeService>();
await app.RunAsync();
return 0;
