using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace QwenMesh.Grpc.Tests.Server;

public sealed class ServerReflectionTests
{
    private const string V1 = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    private const string V1Alpha = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

    [Theory]
    [InlineData(V1)]
    [InlineData(V1Alpha)]
    public async Task Services_are_listed(string path)
    {
        await using var server = await StartAsync();

        var response = await AskAsync(server, path, new ServerReflectionRequest { Host = "here", ListServices = "*" });

        Assert.Equal("here", response.ValidHost);
        Assert.Equal("*", response.OriginalRequest.ListServices);
        Assert.Equal(
            ["grpc.reflection.v1.ServerReflection", "qwenmesh.probe.Probe"],
            response.ListServicesResponse.Service.Select(service => service.Name));
    }

    [Theory]
    [InlineData("qwenmesh.probe.Probe")]
    [InlineData("qwenmesh.probe.Probe.Echo")]
    [InlineData("qwenmesh.probe.ProbeMessage")]
    [InlineData("qwenmesh.probe.ProbeMessage.text")]
    public async Task A_symbol_leads_to_its_file(string symbol)
    {
        await using var server = await StartAsync();

        var response = await AskAsync(server, V1, new ServerReflectionRequest { FileContainingSymbol = symbol });

        var file = FileDescriptorProto.Parser.ParseFrom(Assert.Single(response.FileDescriptorResponse.FileDescriptorProto));
        Assert.Equal("probe.proto", file.Name);
        Assert.Equal(["Echo", "Join", "Repeat", "Chat", "Missing"], file.Service.Single().Method.Select(method => method.Name));
    }

    [Fact]
    public async Task A_file_is_found_by_its_name()
    {
        await using var server = await StartAsync();

        var response = await AskAsync(server, V1, new ServerReflectionRequest { FileByFilename = "probe.proto" });

        Assert.Equal(ProbeReflection.Descriptor.SerializedData, Assert.Single(response.FileDescriptorResponse.FileDescriptorProto));
    }

    [Fact]
    public async Task A_type_without_extensions_has_no_numbers()
    {
        await using var server = await StartAsync();

        var response = await AskAsync(server, V1, new ServerReflectionRequest { AllExtensionNumbersOfType = "qwenmesh.probe.ProbeMessage" });

        Assert.Equal("qwenmesh.probe.ProbeMessage", response.AllExtensionNumbersResponse.BaseTypeName);
        Assert.Empty(response.AllExtensionNumbersResponse.ExtensionNumber);
    }

    public static TheoryData<ServerReflectionRequest, StatusCode> Wrong => new()
    {
        { new ServerReflectionRequest { FileByFilename = "nothing.proto" }, StatusCode.NotFound },
        { new ServerReflectionRequest { FileContainingSymbol = "no.Such" }, StatusCode.NotFound },
        { new ServerReflectionRequest { AllExtensionNumbersOfType = "no.Such" }, StatusCode.NotFound },
        {
            new ServerReflectionRequest { FileContainingExtension = new ExtensionRequest { ContainingType = "no.Such", ExtensionNumber = 1 } },
            StatusCode.NotFound
        },
        { new ServerReflectionRequest(), StatusCode.Unimplemented },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task A_question_without_an_answer_gets_an_error_and_the_stream_goes_on(ServerReflectionRequest request, StatusCode expected)
    {
        await using var server = await StartAsync();

        byte[] body = [.. Frames.Message(request), .. Frames.Message(new ServerReflectionRequest { ListServices = "" })];
        var reply = await server.Calls.CallAsync(V1, body);

        Assert.Equal(StatusCode.OK, reply.Status);
        Assert.Equal(2, reply.Messages.Count);
        var response = ServerReflectionResponse.Parser.ParseFrom(reply.Messages[0].Payload);
        Assert.Equal((int)expected, response.ErrorResponse.ErrorCode);
        Assert.Equal(request, response.OriginalRequest);
    }

    private static Task<ProbeServer> StartAsync() => ProbeServer.StartAsync(
        services: services => services.AddGrpcReflection(), map: app => app.MapGrpcReflectionService());

    private static async Task<ServerReflectionResponse> AskAsync(ProbeServer server, string path, ServerReflectionRequest request)
    {
        var reply = await server.Calls.CallAsync(path, (IMessage)request);
        Assert.Equal(StatusCode.OK, reply.Status);
        return ServerReflectionResponse.Parser.ParseFrom(Assert.Single(reply.Messages).Payload);
    }
}
