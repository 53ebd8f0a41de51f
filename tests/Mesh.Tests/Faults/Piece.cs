namespace QwenMesh.Mesh.Tests.Faults;

/// <summary>What a proxy passes on at a time.</summary>
/// <param name="Bytes">As they came: an HTTP/2 frame with its head, or what was read at once.</param>
/// <param name="FromClient">Its direction.</param>
/// <param name="Kind">Of an HTTP/2 frame; data for everything else.</param>
/// <param name="Call">The path of the gRPC call that it belongs to, if it is one that the proxy knows.</param>
internal readonly record struct Piece(Memory<byte> Bytes, bool FromClient, PieceKind Kind, string? Call = null)
{
    /// <summary>Whether it carries more than a few fields: a tensor, or a file.</summary>
    public bool IsLarge => Kind == PieceKind.Data && Bytes.Length >= 512;
}

internal enum PieceKind
{
    Other,

    /// <summary>The headers that begin a call.</summary>
    Request,
    Data,

    /// <summary>The headers that end an answer.</summary>
    Trailers,
}
