using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;
using QwenMesh.Tensors;

namespace QwenMesh.Checkpoints;

/// <summary>
/// Parses and checks the header of a safetensors file: 8 bytes of length, then JSON, then the buffer that its offsets refer to.
/// Strict, because nothing after it checks again: tensors must tile the buffer exactly. Alignment is not demanded.
/// </summary>
internal static class SafetensorsHeader
{
    public const int LengthBytes = 8;

    /// <summary>The limit of the reference implementation.</summary>
    public const int MaxHeaderBytes = 100_000_000;

    private const int MaxRank = 16;

    /// <summary>Checks the length prefix; returns the number of header bytes after it.</summary>
    public static int CheckLength(string file, ReadOnlySpan<byte> prefix, long fileLength)
    {
        if (fileLength < LengthBytes)
        {
            throw new CheckpointException(file, null, "at least 8 bytes", $"{fileLength} bytes");
        }
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > MaxHeaderBytes)
        {
            throw new CheckpointException(file, null, $"a header of at most {MaxHeaderBytes} bytes", $"a header length of {length}");
        }
        if ((long)length > fileLength - LengthBytes)
        {
            throw new CheckpointException(file, null, $"a header within the file's {fileLength} bytes", $"a header length of {length}");
        }
        return (int)length;
    }

    /// <summary>Parses the header's JSON; entries come in the order of their bytes.</summary>
    public static List<TensorEntry> Parse(string file, ReadOnlySpan<byte> json, long bufferLength)
    {
        if (json.IsEmpty || json[0] != (byte)'{')
        {
            throw new CheckpointException(file, null, "a JSON object as header", "something else");
        }
        if (!Utf8.IsValid(json))
        {
            throw new CheckpointException(file, null, "a UTF-8 header", "invalid bytes");
        }
        List<TensorEntry> entries;
        try
        {
            entries = ReadEntries(file, json);
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException or FormatException)
        {
            throw new CheckpointException(file, null, "a well-formed JSON header", malformed.Message, malformed);
        }
        entries.Sort(static (a, b) => a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin) : a.End.CompareTo(b.End));
        CheckTiling(file, entries, bufferLength);
        return entries;
    }

    private static List<TensorEntry> ReadEntries(string file, ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        var entries = new List<TensorEntry>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (!names.Add(name))
            {
                throw new CheckpointException(file, name, "one entry", "the name twice");
            }
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw new CheckpointException(file, name, "a JSON object", reader.TokenType.ToString());
            }
            if (name == "__metadata__")
            {
                SkipMetadata(file, ref reader);
            }
            else
            {
                entries.Add(ReadEntry(file, name, ref reader));
            }
        }
        // Anything but spaces after the closing brace fails here.
        while (reader.Read())
        {
        }
        return entries;
    }

    private static void SkipMetadata(string file, ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString();
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
            {
                throw new CheckpointException(file, null, $"a string as metadata '{key}'", reader.TokenType.ToString());
            }
            reader.GetString();
        }
    }

    private static TensorEntry ReadEntry(string file, string name, ref Utf8JsonReader reader)
    {
        string? dtype = null;
        List<long>? shape = null;
        List<long>? offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString();
            reader.Read();
            switch (key)
            {
                case "dtype" when dtype is null && reader.TokenType == JsonTokenType.String:
                    dtype = reader.GetString();
                    break;
                case "shape" when shape is null:
                    shape = ReadNumbers(file, name, ref reader);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadNumbers(file, name, ref reader);
                    break;
                default:
                    throw new CheckpointException(file, name, "dtype, shape and data_offsets once each", $"'{key}' again or with another type");
            }
        }
        if (dtype is null || shape is null || offsets is not [var begin, var end])
        {
            throw new CheckpointException(file, name, "dtype, shape and two data_offsets", "an incomplete entry");
        }
        return Check(file, name, dtype, shape, begin, end);
    }

    private static List<long> ReadNumbers(string file, string name, ref Utf8JsonReader reader)
    {
        var numbers = new List<long>();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new CheckpointException(file, name, "an array of integers", reader.TokenType.ToString());
        }
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number) || number < 0)
            {
                throw new CheckpointException(file, name, "non-negative integers", "something else in shape or data_offsets");
            }
            if (numbers.Count == MaxRank)
            {
                throw new CheckpointException(file, name, $"at most {MaxRank} axes", "more");
            }
            numbers.Add(number);
        }
        return numbers;
    }

    private static TensorEntry Check(string file, string name, string dtype, List<long> shape, long begin, long end)
    {
        if (!StoredType.TryParse(dtype, out var type))
        {
            throw new CheckpointException(file, name, "a known dtype", $"'{dtype}'");
        }
        var dims = new int[shape.Count];
        UInt128 count = 1;
        for (var axis = 0; axis < dims.Length; axis++)
        {
            if (shape[axis] > int.MaxValue)
            {
                throw new CheckpointException(file, name, $"axes of at most {int.MaxValue}", $"{shape[axis]}");
            }
            dims[axis] = (int)shape[axis];
            count *= (UInt128)shape[axis];
            if (count > long.MaxValue / 8)
            {
                throw new CheckpointException(file, name, "a size that fits into 63 bits", $"shape [{string.Join(", ", shape)}]");
            }
        }
        if (end < begin || end - begin != (long)count * type.Size)
        {
            throw new CheckpointException(
                file, name, $"{(long)count * type.Size} bytes for {dtype} [{string.Join(", ", shape)}]", $"data_offsets [{begin}, {end}]");
        }
        return new TensorEntry(name, dtype, type.DType, new Shape(dims), begin, end);
    }

    private static void CheckTiling(string file, List<TensorEntry> entries, long bufferLength)
    {
        long position = 0;
        foreach (var entry in entries)
        {
            if (entry.Begin != position)
            {
                throw new CheckpointException(
                    file, entry.Name, $"its bytes to begin at {position}, without gap or overlap", $"data_offsets [{entry.Begin}, {entry.End}]");
            }
            position = entry.End;
        }
        if (position != bufferLength)
        {
            var last = entries.Count == 0 ? null : entries[^1].Name;
            throw new CheckpointException(file, last, $"{position} bytes after the header", $"{bufferLength} bytes");
        }
    }
}
