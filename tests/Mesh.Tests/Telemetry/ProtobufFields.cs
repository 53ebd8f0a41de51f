using System.Text;
using Google.Protobuf;

namespace QwenMesh.Mesh.Tests.Telemetry;

/// <summary>The fields of one protobuf message, by number; OTLP's definitions are in no package that could be referenced.</summary>
internal sealed class ProtobufFields
{
    private readonly List<(int Number, byte[] Bytes)> _delimited = [];
    private readonly Dictionary<int, ulong> _numbers = [];

    /// <exception cref="InvalidProtocolBufferException">The bytes are no protobuf message.</exception>
    public ProtobufFields(byte[] message)
    {
        var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag and not 0)
        {
            var number = WireFormat.GetTagFieldNumber(tag);
            switch (WireFormat.GetTagWireType(tag))
            {
                case WireFormat.WireType.LengthDelimited:
                    _delimited.Add((number, input.ReadBytes().ToByteArray()));
                    break;
                case WireFormat.WireType.Varint:
                    _numbers[number] = input.ReadUInt64();
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }
    }

    public IEnumerable<ProtobufFields> Messages(int number) => Bytes(number).Select(bytes => new ProtobufFields(bytes));

    public bool Has(int number) => Bytes(number).Any();

    public string Text(int number) => Bytes(number).Select(Encoding.UTF8.GetString).FirstOrDefault("");

    public string Hex(int number) => Bytes(number).Select(Convert.ToHexStringLower).FirstOrDefault("");

    public ulong Number(int number) => _numbers.GetValueOrDefault(number);

    private IEnumerable<byte[]> Bytes(int number) => _delimited.Where(field => field.Number == number).Select(field => field.Bytes);
}
