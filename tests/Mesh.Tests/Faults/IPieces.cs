using System.Runtime.CompilerServices;

namespace QwenMesh.Mesh.Tests.Faults;

/// <summary>Takes what one connection carries apart.</summary>
internal interface IPieces
{
    /// <summary>Of one direction, until it ends.</summary>
    IAsyncEnumerable<Piece> ReadAsync(Stream from, bool fromClient, CancellationToken cancellationToken);
}

/// <summary>Bytes whose meaning is not known, as they arrive.</summary>
internal sealed class RawPieces : IPieces
{
    public async IAsyncEnumerable<Piece> ReadAsync(Stream from, bool fromClient, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var buffer = new byte[16 << 10];
        int read;
        while ((read = await from.ReadAsync(buffer, cancellationToken)) > 0)
        {
            yield return new Piece(buffer.AsMemory(0, read), fromClient, PieceKind.Data);
        }
    }
}
