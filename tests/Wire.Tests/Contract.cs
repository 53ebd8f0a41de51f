using System.Globalization;
using Google.Protobuf.Reflection;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Wire.Tests;

/// <summary>The messages, enums and services of protos/qwenmesh/v1 as text, a line for everything that two versions have to agree about.</summary>
internal static class Contract
{
    public static readonly IReadOnlyList<FileDescriptor> Files =
    [
        DenoiserReflection.Descriptor, EncoderReflection.Descriptor, GenerationReflection.Descriptor, StageReflection.Descriptor,
        TensorReflection.Descriptor, VaeReflection.Descriptor,
    ];

    public static IEnumerable<string> Lines() => Files.SelectMany(file => (IEnumerable<string>)
    [
        $"file {file.Name} package {file.Package}",
        .. file.Services.SelectMany(Service),
        .. file.EnumTypes.SelectMany(Enum),
        .. file.MessageTypes.SelectMany(Message),
    ]);

    private static IEnumerable<string> Service(ServiceDescriptor service) => service.Methods.Select(method =>
        $"{service.FullName}.{method.Name}({Stream(method.IsClientStreaming)}{method.InputType.FullName}) returns ({Stream(method.IsServerStreaming)}{method.OutputType.FullName})");

    private static IEnumerable<string> Enum(EnumDescriptor type) =>
        type.Values.Select(value => string.Create(CultureInfo.InvariantCulture, $"{type.FullName}.{value.Name} = {value.Number}"));

    private static IEnumerable<string> Message(MessageDescriptor message) =>
    [
        $"message {message.FullName}",
        .. message.Fields.InFieldNumberOrder().Select(Field),
        .. message.EnumTypes.SelectMany(Enum),
        .. message.NestedTypes.Where(nested => !nested.IsMapEntry).SelectMany(Message),
    ];

    private static string Field(FieldDescriptor field)
    {
        var label = field.IsMap || !field.IsRepeated ? field.HasPresence && field.RealContainingOneof is null && field.FieldType != FieldType.Message ? "optional " : "" : "repeated ";
        var oneof = field.RealContainingOneof is { } group ? $" in {group.Name}" : "";
        var packing = field.IsPacked && IsScalarList(field) ? " packed" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{field.FullName} = {field.FieldNumber} {label}{Type(field)}{oneof}{packing}");
    }

    private static bool IsScalarList(FieldDescriptor field) =>
        field is { IsRepeated: true, IsMap: false } && field.FieldType is not (FieldType.Message or FieldType.String or FieldType.Bytes);

    private static string Type(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Message when field.IsMap => $"map<{Type(field.MessageType.FindFieldByNumber(1))}, {Type(field.MessageType.FindFieldByNumber(2))}>",
        FieldType.Message => field.MessageType.FullName,
        FieldType.Enum => field.EnumType.FullName,
        var scalar => scalar.ToString().ToLowerInvariant(),
    };

    private static string Stream(bool streaming) => streaming ? "stream " : "";
}
