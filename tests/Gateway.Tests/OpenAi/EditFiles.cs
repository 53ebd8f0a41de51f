using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Tests.OpenAi;

/// <summary>Files for edits.</summary>
internal static class EditFiles
{
    /// <summary>A picture of one grey, which tells pictures apart.</summary>
    public static byte[] Png(byte grey, int width, int height) =>
        new VipsEncoder().Encode(new RgbImage(width, height, Enumerable.Repeat(grey, width * height * 3).ToArray()), ImageFormat.Png);

    /// <summary>White, and transparent in its right half.</summary>
    public static byte[] Mask(int width, int height, byte alphaOfRightHalf = 0)
    {
        var line = new byte[1 + (4 * width)];
        for (var x = 0; x < width; x++)
        {
            line.AsSpan(1 + (4 * x), 4).Fill(255);
            line[4 + (4 * x)] = x < width / 2 ? (byte)255 : alphaOfRightHalf;
        }
        return Rgba(width, height, line, height);
    }

    /// <summary>A header that promises a picture, and lines for a part of it.</summary>
    public static byte[] Rgba(int width, int height, byte[] line, int lines)
    {
        using var pixels = new MemoryStream();
        using (var zlib = new ZLibStream(pixels, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (var y = 0; y < lines; y++)
            {
                zlib.Write(line);
            }
        }
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, 6);
        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        Write(file, "IHDR", header);
        Write(file, "IDAT", pixels.ToArray());
        Write(file, "IEND", []);
        return file.ToArray();
    }

    private static void Write(MemoryStream file, string type, byte[] data)
    {
        byte[] content = [.. Encoding.ASCII.GetBytes(type), .. data];
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(content);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32(content));
        file.Write(number);
    }

    private static uint Crc32(byte[] content)
    {
        var crc = uint.MaxValue;
        foreach (var value in content)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
            }
        }
        return ~crc;
    }
}
