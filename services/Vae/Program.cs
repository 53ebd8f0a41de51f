using QwenMesh.ServiceDefaults;
using QwenMesh.Vae;

var builder = WebApplication.CreateBuilder(args);
builder.AddVae();

var app = builder.Build();
app.MapStage<VaeService>();
await app.RunAsync();
