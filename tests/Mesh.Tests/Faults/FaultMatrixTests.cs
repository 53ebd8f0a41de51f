namespace QwenMesh.Mesh.Tests.Faults;

/// <summary>Whatever goes wrong, wherever and whenever: the same picture in the end, or a clear error. Prints a table for every place.</summary>
public sealed class FaultMatrixTests(FaultyMesh mesh) : IClassFixture<FaultyMesh>
{
    // A database or a blob store comes back; a replica does not until the picture is drawn.
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(3);

    private static readonly Dictionary<string, object> Request = new()
    {
        ["prompt"] = "Make the background green",
        ["image"] = $"data:image/png;base64,{Convert.ToBase64String(Scene.Png(Scene.Disc(512, 512, "blue", "red")))}",
        ["steps"] = 8,
        ["cfg_scale"] = 3,
        ["seed"] = 5,
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> Places => [.. Enum.GetNames<Place>()];

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Every_fault_ends_in_the_same_picture_or_a_clear_error(string name)
    {
        var place = Enum.Parse<Place>(name);
        using var client = new PatientClient(new Uri($"http://127.0.0.1:{mesh.Gateway.HttpPort}"));
        var (expected, calm) = await client.DrawAsync(Request, Cancellation);
        Assert.True(expected is not null, calm.Detail);
        var outcomes = new Dictionary<Cell, Outcome>();
        foreach (var cell in Cell.Of(place))
        {
            outcomes[cell] = await OutcomeAsync(client, cell, expected);
        }
        Findings.Print($"faults-{place}", FaultTable.Of(place, outcomes));

        // Another replica does what a lost one was to do; of the stores there is one.
        var isStore = place is Place.Postgres or Place.BlobStore;
        Assert.All(outcomes, pair => Assert.True(
            pair.Value.Kind == OutcomeKind.Picture || (isStore && pair.Value.Kind == OutcomeKind.Error), $"{pair.Key}: {pair.Value.Detail}"));
    }

    private async Task<Outcome> OutcomeAsync(PatientClient client, Cell cell, string expected)
    {
        var strike = cell.Strike();
        mesh.Place(strike, cell.Place, cell.Moment);
        try
        {
            var drawing = client.DrawAsync(Request, Cancellation);
            if (await Task.WhenAny(drawing, strike.Hit) == strike.Hit)
            {
                await Task.WhenAny(drawing, Task.Delay(Outage, Cancellation));
                await mesh.HealAsync(cell.Place, Cancellation);
            }
            var (picture, outcome) = await drawing;
            return !strike.HasHit ? new Outcome(OutcomeKind.Wrong, "nothing was hit")
                : picture is null || picture == expected ? outcome
                : new Outcome(OutcomeKind.Wrong, "another picture");
        }
        finally
        {
            await mesh.HealAllAsync(Cancellation);
        }
    }
}
