using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1;
using MessageRequest = Grpc.Reflection.V1.ServerReflectionRequest.MessageRequestOneofCase;

namespace Grpc.Reflection;

/// <summary>Answers the questions of the reflection protocol about a set of services.</summary>
internal sealed class ReflectionAnswers
{
    private readonly List<string> _services;
    private readonly SymbolRegistry _symbols;

    public ReflectionAnswers(IEnumerable<string> services, SymbolRegistry symbols)
    {
        _services = [.. services.Order(StringComparer.Ordinal)];
        _symbols = symbols;
    }

    public ServerReflectionResponse Answer(ServerReflectionRequest request)
    {
        var response = request.MessageRequestCase switch
        {
            MessageRequest.FileByFilename => File(_symbols.FileByName(request.FileByFilename), request.FileByFilename),
            MessageRequest.FileContainingSymbol => File(_symbols.FileContainingSymbol(request.FileContainingSymbol), request.FileContainingSymbol),
            MessageRequest.FileContainingExtension => Extension(request.FileContainingExtension),
            MessageRequest.AllExtensionNumbersOfType => ExtensionNumbers(request.AllExtensionNumbersOfType),
            MessageRequest.ListServices => Services(),
            _ => Error(StatusCode.Unimplemented, "Request type is not supported by this reflection service."),
        };
        response.ValidHost = request.Host;
        response.OriginalRequest = request;
        return response;
    }

    private static ServerReflectionResponse File(FileDescriptor? file, string name)
    {
        if (file is null)
        {
            return Error(StatusCode.NotFound, $"'{name}' was not found.");
        }

        var response = new FileDescriptorResponse();
        Add(file, [], response);
        return new ServerReflectionResponse { FileDescriptorResponse = response };
    }

    // The file first, then what it needs, each once.
    private static void Add(FileDescriptor file, HashSet<string> seen, FileDescriptorResponse response)
    {
        if (!seen.Add(file.Name))
        {
            return;
        }

        response.FileDescriptorProto.Add(file.SerializedData);
        foreach (var dependency in file.Dependencies)
        {
            Add(dependency, seen, response);
        }
    }

    private static ServerReflectionResponse Error(StatusCode code, string message) =>
        new() { ErrorResponse = new ErrorResponse { ErrorCode = (int)code, ErrorMessage = message } };

    private ServerReflectionResponse Extension(ExtensionRequest request) => File(
        _symbols.FileContainingExtension(request.ContainingType, request.ExtensionNumber),
        $"Extension {request.ExtensionNumber} of {request.ContainingType}");

    private ServerReflectionResponse ExtensionNumbers(string type)
    {
        if (_symbols.ExtensionNumbers(type) is not { } numbers)
        {
            return Error(StatusCode.NotFound, $"'{type}' was not found.");
        }

        var response = new ExtensionNumberResponse { BaseTypeName = type };
        response.ExtensionNumber.Add(numbers);
        return new ServerReflectionResponse { AllExtensionNumbersResponse = response };
    }

    private ServerReflectionResponse Services()
    {
        var response = new ListServiceResponse();
        response.Service.Add(_services.Select(name => new ServiceResponse { Name = name }));
        return new ServerReflectionResponse { ListServicesResponse = response };
    }
}
