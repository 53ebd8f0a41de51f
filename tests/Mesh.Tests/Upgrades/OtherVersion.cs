using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace QwenMesh.Mesh.Tests.Upgrades;

/// <summary>Messages as a program of another version sends them: with fields that this one does not know, in every message within, too.</summary>
internal static class OtherVersion
{
    // Numbers that no message has.
    private const int UnknownNumber = 1900, UnknownText = 1901;

    public static T Of<T>(T message)
        where T : IMessage<T>
    {
        var other = message.Clone();
        Change(other);
        return (T)WithUnknown(other);
    }

    /// <summary>A message of which this version knows nothing.</summary>
    public static T Only<T>()
        where T : IMessage<T>, new() => (T)WithUnknown(new T());

    private static void Change(IMessage message)
    {
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            if (field is { FieldType: FieldType.Message, IsRepeated: false } && field.Accessor.GetValue(message) is IMessage inner)
            {
                Change(inner);
                field.Accessor.SetValue(message, WithUnknown(inner));
            }
        }
    }

    private static IMessage WithUnknown(IMessage message)
    {
        using var stream = new MemoryStream();
        message.WriteTo(stream);
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
        {
            output.WriteTag(UnknownNumber, WireFormat.WireType.Varint);
            output.WriteInt32(7);
            output.WriteTag(UnknownText, WireFormat.WireType.LengthDelimited);
            output.WriteString("of another version");
        }
        return message.Descriptor.Parser.ParseFrom(stream.ToArray());
    }
}
