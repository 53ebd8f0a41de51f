using System.IO.Compression;
using Grpc.Net.Compression;
using Grpc.Wire;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>The options of a service's methods: the service's own where set, else those of the server.</summary>
internal sealed class MethodOptions
{
    private readonly Dictionary<string, ICompressionProvider> _providers;

    private MethodOptions(GrpcServiceOptions global, GrpcServiceOptions service)
    {
        MaxSendMessageSize = service.IsMaxSendMessageSizeSet ? service.MaxSendMessageSize : global.MaxSendMessageSize;
        MaxReceiveMessageSize = service.IsMaxReceiveMessageSizeSet ? service.MaxReceiveMessageSize : global.MaxReceiveMessageSize;
        EnableDetailedErrors = service.EnableDetailedErrors ?? global.EnableDetailedErrors ?? false;
        ResponseCompressionAlgorithm = service.ResponseCompressionAlgorithm ?? global.ResponseCompressionAlgorithm;
        ResponseCompressionLevel = service.ResponseCompressionLevel ?? global.ResponseCompressionLevel;
        Interceptors = [.. global.Interceptors, .. service.Interceptors];

        _providers = new Dictionary<string, ICompressionProvider>(StringComparer.Ordinal);
        foreach (var provider in (service.ConfiguredCompressionProviders ?? []).Concat(global.ConfiguredCompressionProviders ?? []))
        {
            _providers.TryAdd(provider.EncodingName, provider);
        }

        AcceptEncoding = string.Join(",", _providers.Keys.Prepend(WireHeaders.Identity));
        if (ResponseCompressionAlgorithm is { } name && name != WireHeaders.Identity && !_providers.ContainsKey(name))
        {
            throw new InvalidOperationException($"The configured response compression algorithm '{name}' does not have a matching compression provider.");
        }
    }

    public int? MaxSendMessageSize { get; }

    public int? MaxReceiveMessageSize { get; }

    public bool EnableDetailedErrors { get; }

    public string? ResponseCompressionAlgorithm { get; }

    public CompressionLevel? ResponseCompressionLevel { get; }

    public IReadOnlyList<InterceptorRegistration> Interceptors { get; }

    /// <summary>The value of <c>grpc-accept-encoding</c>.</summary>
    public string AcceptEncoding { get; }

    public static MethodOptions Create(GrpcServiceOptions global, GrpcServiceOptions service) => new(global, service);

    public ICompressionProvider? FindProvider(string encoding) => _providers.GetValueOrDefault(encoding);
}
