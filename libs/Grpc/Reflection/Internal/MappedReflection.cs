using Grpc.AspNetCore.Server.Internal;
using Grpc.Core;
using Grpc.Reflection;
using Grpc.Reflection.V1;

namespace Grpc.AspNetCore.Server.Reflection.Internal;

/// <summary>Reflection over the services that are mapped, whenever they were.</summary>
internal sealed class MappedReflection(MappedServices mapped)
{
    private readonly Lock _gate = new();
    private ReflectionAnswers? _answers;
    private int _count;

    /// <summary>Answers question by question until the client has no more.</summary>
    public async Task RunAsync(
        IAsyncStreamReader<ServerReflectionRequest> requests, IServerStreamWriter<ServerReflectionResponse> responses, ServerCallContext context)
    {
        while (await requests.MoveNext(context.CancellationToken).ConfigureAwait(false))
        {
            await responses.WriteAsync(Answers().Answer(requests.Current)).ConfigureAwait(false);
        }
    }

    private ReflectionAnswers Answers()
    {
        lock (_gate)
        {
            if (_answers is null || _count != mapped.Services.Count)
            {
                _count = mapped.Services.Count;

                // Services that protobuf did not generate cannot be described, and clients stumble over names that lead nowhere.
                var described = mapped.Services.Values.OfType<Google.Protobuf.Reflection.ServiceDescriptor>().ToList();
                _answers = new ReflectionAnswers(
                    described.Select(service => service.FullName), SymbolRegistry.FromFiles(described.Select(service => service.File)));
            }

            return _answers;
        }
    }
}
