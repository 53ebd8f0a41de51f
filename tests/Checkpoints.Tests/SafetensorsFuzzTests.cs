using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using QwenMesh.Tensors;
using QwenMesh.Testing;

namespace QwenMesh.Checkpoints.Tests;

/// <summary>Damages headers at random: a file either loads with every tensor inside its buffer, or is refused.</summary>
public sealed class SafetensorsFuzzTests
{
    private const int Mutations = 8_000;

    private static readonly string[] Hostile =
    [
        "0", "-1", "1e9", "2.0", "9223372036854775807", "9223372036854775808", "18446744073709551616", "2147483648", "4294967296", "null",
        "true", "[]", "{}", "\"F64\"", "\"BF16\"", "\"\"", "[[[[[[[[", "\"\\ud800\"", "\\u0000", ",", ":", "}", "]",
    ];

    [Fact]
    public void A_damaged_header_loads_consistently_or_is_refused()
    {
        var random = new Random(20260101);
        var original = Original();
        using var folder = new TemporaryFolder();
        var path = folder.File("model.safetensors");
        var refused = 0;
        for (var i = 0; i < Mutations; i++)
        {
            var bytes = original;
            for (var times = random.Next(1, 4); times > 0; times--)
            {
                bytes = Mutate(bytes, random);
            }
            File.WriteAllBytes(path, bytes);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using var file = SafetensorsFile.Open(path);
                AssertConsistent(file, bytes);
            }
            catch (CheckpointException)
            {
                refused++;
            }
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < 100_000 + 100 * bytes.Length, $"mutation {i} allocated {allocated} bytes for a file of {bytes.Length}");
        }
        // Both outcomes must occur; otherwise the mutations test nothing.
        Assert.InRange(refused, Mutations / 2, Mutations - 50);
    }

    private static byte[] Original() => SafetensorsWriter.Encode(Enumerable.Range(0, 12).Select(i =>
        new HostTensor($"model.layers.{i}.weight", (DType)(i % 5), [i, 3], new byte[i * 3 * ((DType)(i % 5)).Size()])));

    private static void AssertConsistent(SafetensorsFile file, byte[] bytes)
    {
        var start = 8 + BinaryPrimitives.ReadInt64LittleEndian(bytes);
        long position = 0;
        foreach (var entry in file.Entries)
        {
            Assert.Equal(position, entry.Begin);
            position = entry.End;
            if (entry.DType is not { } dtype)
            {
                continue;
            }
            var tensor = file.Read(entry.Name);
            Assert.Equal(tensor.Shape.Count * dtype.Size(), tensor.Bytes.Length);
            Assert.True(bytes.AsSpan((int)(start + entry.Begin), tensor.Bytes.Length).SequenceEqual(tensor.Bytes.Span));
        }
        Assert.Equal(bytes.Length, start + position);
    }

    private static byte[] Mutate(byte[] file, Random random)
    {
        if (file.Length < 16)
        {
            return file;
        }
        var declared = BinaryPrimitives.ReadInt64LittleEndian(file);
        var headerLength = declared is > 0 && declared < file.Length - 8 ? (int)declared : file.Length - 8;
        var header = file.AsSpan(8, headerLength).ToArray();
        var rest = file.AsSpan(8 + headerLength).ToArray();
        var at = random.Next(header.Length);
        switch (random.Next(10))
        {
            case 0:
                header[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                header[at] = (byte)random.Next(256);
                break;
            case 2:
                header = [.. header[..at], .. header[Math.Min(header.Length, at + random.Next(1, 20))..]];
                break;
            case 3:
                header = [.. header[..at], .. header[random.Next(at + 1)..at], .. header[at..]];
                break;
            case 4:
                header = [.. header[..at], .. Encoding.UTF8.GetBytes(Hostile[random.Next(Hostile.Length)]), .. header[at..]];
                break;
            case 5:
                header = ReplaceNumber(header, at, random);
                break;
            case 6:
                // Whitespace is allowed between tokens: most of these load.
                var comma = header.AsSpan(at).IndexOf((byte)',');
                header = comma < 0 ? header : [.. header[..(at + comma)], (byte)' ', .. header[(at + comma)..]];
                break;
            case 7:
                rest = rest[..random.Next(rest.Length + 1)];
                break;
            case 8:
                var wrong = SafetensorsWriter.Encode(header, rest);
                BinaryPrimitives.WriteInt64LittleEndian(wrong, random.Next(4) == 0 ? random.NextInt64() : header.Length + random.Next(-9, 10));
                return wrong;
            default:
                rest = [.. rest, .. new byte[random.Next(3)]];
                break;
        }
        return SafetensorsWriter.Encode(header, rest);
    }

    private static byte[] ReplaceNumber(byte[] header, int at, Random random)
    {
        var begin = header.AsSpan(at).IndexOfAnyInRange((byte)'0', (byte)'9');
        if (begin < 0)
        {
            return header;
        }
        begin += at;
        var length = header.AsSpan(begin).IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        var number = random.Next(3) switch
        {
            0 => random.Next(200).ToString(CultureInfo.InvariantCulture),
            1 => random.NextInt64().ToString(CultureInfo.InvariantCulture),
            _ => Hostile[random.Next(Hostile.Length)],
        };
        return [.. header[..begin], .. Encoding.UTF8.GetBytes(number), .. header[(begin + Math.Max(0, length))..]];
    }
}
