using QwenMesh.Gateway;
using QwenMesh.ServiceDefaults;

var builder = ServiceHost.CreateBuilder(args);
builder.AddGateway();

var app = builder.Build();
app.MapGateway();
await app.RunAsync();
