using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using QwenMesh.ServiceDefaults;

namespace QwenMesh.Wire.Bench;

/// <summary>The gRPC service, on Kestrel as the stages run it, and the raw socket beside it.</summary>
internal static class TransferServer
{
    public static async Task RunAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseTensorTransport().ConfigureKestrel(
            kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        await using var application = builder.Build();
        application.MapGrpcService<TransferService>();
        application.MapPlain();
        await application.StartAsync();

        using var raw = new RawServer();
        await Console.Out.WriteLineAsync($"{new Uri(application.Urls.Single()).Port} {raw.Port}");
        while (await Console.In.ReadLineAsync() is not null)
        {
            // Until the parent closes it.
        }
    }
}
