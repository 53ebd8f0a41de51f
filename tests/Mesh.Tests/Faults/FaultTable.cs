namespace QwenMesh.Mesh.Tests.Faults;

/// <summary>The table that the test prints, as GitHub markdown.</summary>
internal static class FaultTable
{
    public static string Of(Place place, IReadOnlyDictionary<Cell, Outcome> outcomes)
    {
        var moments = Enum.GetValues<Moment>();
        string[] head = ["", $"| {place} | {string.Join(" | ", moments)} |", $"|---|{string.Concat(moments.Select(_ => "---|"))}"];
        var rows = Enum.GetValues<Fault>().Select(fault =>
            $"| {fault} | {string.Join(" | ", moments.Select(moment => outcomes[new Cell(place, fault, moment)].Kind))} |");
        var counts = Enum.GetValues<OutcomeKind>().Select(kind => $"{outcomes.Values.Count(outcome => outcome.Kind == kind)} {kind}");
        var details = outcomes.Where(pair => pair.Value.Kind != OutcomeKind.Picture)
            .Select(pair => $"{pair.Key.Fault} {pair.Key.Moment}: {pair.Value.Detail}");
        return string.Join('\n', [.. head, .. rows, $"{outcomes.Count} cells: {string.Join(", ", counts)}", .. details]);
    }
}
