namespace QwenMesh.Mesh.Tests.Faults;

/// <summary>One cell of the table: what goes wrong, where and when.</summary>
internal sealed record Cell(Place Place, Fault Fault, Moment Moment)
{
    private const int StepsDone = 3;

    // Only what has content can be damaged in it.
    private bool IsDamage => Fault is Fault.Truncate or Fault.Duplicate or Fault.Corrupt;

    private bool IsStore => Place is Place.Postgres or Place.BlobStore;

    public static IEnumerable<Cell> Of(Place place) =>
        from fault in Enum.GetValues<Fault>() from moment in Enum.GetValues<Moment>() select new Cell(place, fault, moment);

    public Strike Strike() => IsStore ? new Strike(Fault, IsStoreMoment, isArmed: Moment == Moment.Before) : new Strike(Fault, StageMoment());

    // Requests are hit, and in the end answers: the result is read.
    private bool IsStoreMoment(Piece piece) => IsDamage
        ? piece.FromClient == (Moment != Moment.After) && (Place == Place.Postgres || piece.Bytes.Length >= 1024)
        : piece.FromClient;

    private Func<Piece, bool> StageMoment()
    {
        var call = Place switch
        {
            Place.Encoder => FaultyMesh.Encode,
            Place.VaeEncode => FaultyMesh.VaeEncode,
            Place.Denoiser => FaultyMesh.Denoise,
            _ => FaultyMesh.VaeDecode,
        };
        // A stage says that it has begun, and the Denoiser says so of every step.
        var left = Place == Place.Denoiser && Moment == Moment.During ? StepsDone : 1;
        return piece => piece.Call == call && IsStageMoment(piece) && Interlocked.Decrement(ref left) <= 0;
    }

    private bool IsStageMoment(Piece piece) => Moment switch
    {
        Moment.Before => piece.FromClient && (IsDamage ? piece.IsLarge : piece.Kind == PieceKind.Request),
        Moment.During => !piece.FromClient && (IsDamage ? piece.IsLarge : piece.Kind == PieceKind.Data),
        _ => piece.Kind == PieceKind.Trailers,
    };
}
