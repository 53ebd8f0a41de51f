using QwenMesh.Encoder;
using QwenMesh.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddEncoder();

var app = builder.Build();
app.MapStage<EncoderService>();
await app.RunAsync();
