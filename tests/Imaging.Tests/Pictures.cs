using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace QwenMesh.Imaging.Tests;

/// <summary>Pictures and hand-made files for the tests.</summary>
internal static class Pictures
{
    /// <summary>The default limits without those on the shape: hand-made pictures are often one pixel.</summary>
    public static ImageLimits AnySize { get; } = new() { MinSide = 1, MaxAspectRatio = 100_000 };

    /// <summary>Smooth gradients with a hard-edged square: what codecs find easy and hard.</summary>
    public static RgbImage Gradient(int width, int height)
    {
        var pixels = new byte[width * height * 3];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var inside = x > width / 4 && x < width / 2 && y > height / 4 && y < height / 2;
                var at = ((y * width) + x) * 3;
                pixels[at] = (byte)(x * 255 / width);
                pixels[at + 1] = (byte)(y * 255 / height);
                pixels[at + 2] = inside ? (byte)255 : (byte)((x + y) * 255 / (width + height));
            }
        }
        return new RgbImage(width, height, pixels);
    }

    /// <summary>A PNG of any colour type with the given unfiltered scanlines, and chunks between header and pixels.</summary>
    public static byte[] Png(int width, int height, byte bitDepth, byte colourType, byte[] scanlines, params (string Type, byte[] Data)[] chunks)
    {
        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = bitDepth;
        header[9] = colourType;
        WriteChunk(file, "IHDR"u8, header);
        foreach (var (type, data) in chunks)
        {
            WriteChunk(file, Encoding.ASCII.GetBytes(type), data);
        }
        WriteChunk(file, "IDAT"u8, Deflate(scanlines));
        WriteChunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    /// <summary>A GIF of two colours in stripes; every code is a literal, with a clear code before the code size would grow.</summary>
    public static byte[] Gif(int width, int height)
    {
        // Minimum code size 2: literals 0 and 1, clear 4, end 5; codes have 3 bits as long as the table is cleared every two pixels.
        var (bits, count) = (new List<byte>(), 0);
        for (var i = 0; i < width * height; i++)
        {
            if (i % 2 == 0)
            {
                Write(4);
            }
            Write(i / width / 4 % 2);
        }
        Write(5);
        var blocks = bits.Chunk(255).SelectMany(block => block.Prepend((byte)block.Length));
        return
        [
            .. "GIF89a"u8, (byte)width, 0, (byte)height, 0, 0x80, 0, 0, 255, 0, 0, 0, 0, 255,
            0x2C, 0, 0, 0, 0, (byte)width, 0, (byte)height, 0, 0, 2, .. blocks, 0, 0x3B,
        ];

        void Write(int code)
        {
            for (var bit = 0; bit < 3; bit++, count++)
            {
                if (count % 8 == 0)
                {
                    bits.Add(0);
                }
                bits[^1] |= (byte)(((code >> bit) & 1) << (count % 8));
            }
        }
    }

    /// <summary>An EXIF block that says nothing but the orientation.</summary>
    public static byte[] Orientation(byte orientation) =>
    [
        (byte)'M', (byte)'M', 0, 42, 0, 0, 0, 8, // big-endian TIFF, first directory at 8
        0, 1, // one entry
        0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, // Orientation, SHORT
        0, 0, 0, 0, // no next directory
    ];

    /// <summary>Adds an EXIF block with an orientation to a JPEG file.</summary>
    public static byte[] WithOrientation(byte[] jpeg, byte orientation)
    {
        byte[] block = [.. "Exif\0\0"u8, .. Orientation(orientation)];
        byte[] segment = [0xFF, 0xE1, (byte)((block.Length + 2) >> 8), (byte)(block.Length + 2), .. block];
        return [.. jpeg[..2], .. segment, .. jpeg[2..]];
    }

    /// <summary>Packed with zlib.</summary>
    public static byte[] Deflate(byte[] bytes)
    {
        using var data = new MemoryStream();
        using (var zlib = new ZLibStream(data, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            zlib.Write(bytes);
        }
        return data.ToArray();
    }

    private static void WriteChunk(MemoryStream file, ReadOnlySpan<byte> type, byte[] data)
    {
        Span<byte> word = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(word, data.Length);
        file.Write(word);
        byte[] body = [.. type, .. data];
        file.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(word, Crc32(body));
        file.Write(word);
    }

    private static uint Crc32(ReadOnlySpan<byte> data)
    {
        var crc = 0xFFFFFFFF;
        foreach (var value in data)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ (0xEDB88320 & (uint)-(int)(crc & 1));
            }
        }
        return ~crc;
    }
}
