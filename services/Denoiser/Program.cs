using QwenMesh.Denoiser;
using QwenMesh.ServiceDefaults;

var app = WebApplication.CreateBuilder(args).AddDenoiser().Build();
app.MapStage<DenoiserService>();
await app.RunAsync();
