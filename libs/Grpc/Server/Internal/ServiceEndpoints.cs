using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Turns the methods of a service into endpoints, with UNIMPLEMENTED for what is not there.</summary>
internal static class ServiceEndpoints
{
    // Matched after every endpoint without a constraint on the request.
    private const string UnknownMethod = "{unimplementedMethod:" + GrpcRequestConstraint.Name + "}";
    private const string UnknownService = "{unimplementedService}/" + UnknownMethod;

    private static readonly string[] Post = ["POST"];

    public static IReadOnlyList<IEndpointConventionBuilder> Map<TService>(IEndpointRouteBuilder endpoints, MappedServices mapped)
        where TService : class
    {
        var services = endpoints.ServiceProvider;
        var global = services.GetRequiredService<IOptions<GrpcServiceOptions>>().Value;
        var options = MethodOptions.Create(global, services.GetRequiredService<IOptions<GrpcServiceOptions<TService>>>().Value);
        var log = new CallLog(services.GetRequiredService<ILoggerFactory>());
        var binder = new MethodBinder<TService>(options, log);
        GeneratedService.Bind(typeof(TService), binder);

        var added = new List<IEndpointConventionBuilder>();
        foreach (var method in binder.Methods)
        {
            var endpoint = endpoints.Map(RoutePatternFactory.Parse(method.Method.FullName), method.Handler);
            endpoint.Add(builder =>
            {
                builder.DisplayName = $"gRPC - {method.Method.FullName}";
                builder.Metadata.Add(new HttpMethodMetadata(Post, acceptCorsPreflight: true));
                foreach (var item in method.Attributes)
                {
                    builder.Metadata.Add(item);
                }

                builder.Metadata.Add(new GrpcMethodMetadata(typeof(TService), method.Method));
            });
            added.Add(endpoint);
        }

        var descriptor = GeneratedService.FindDescriptor(typeof(TService));
        var names = binder.Methods.Select(method => method.Method.ServiceName).Distinct(StringComparer.Ordinal);
        MapUnknown(endpoints, mapped, names, descriptor, global.IgnoreUnknownServices ?? false, log);
        return added;
    }

    private static void MapUnknown(
        IEndpointRouteBuilder endpoints, MappedServices mapped, IEnumerable<string> services, ServiceDescriptor? descriptor, bool ignore, CallLog log)
    {
        foreach (var service in services)
        {
            if (mapped.TryAdd(service, descriptor) && !ignore)
            {
                MapUnimplemented(endpoints, $"{service}/{UnknownMethod}", $"gRPC - Unimplemented method for {service}", "Method is unimplemented.", log);
            }
        }

        if (!ignore && mapped.TryMapUnknownServices())
        {
            MapUnimplemented(endpoints, UnknownService, "gRPC - Unimplemented service", "Service is unimplemented.", log);
        }
    }

    private static void MapUnimplemented(IEndpointRouteBuilder endpoints, string pattern, string name, string detail, CallLog log)
    {
        var status = new Status(StatusCode.Unimplemented, detail);
        var endpoint = endpoints.Map(RoutePatternFactory.Parse(pattern), http => UnimplementedCall.HandleAsync(http, status, log));
        endpoint.Add(builder =>
        {
            builder.DisplayName = name;
            builder.Metadata.Add(new HttpMethodMetadata(Post, acceptCorsPreflight: true));
        });
    }
}
