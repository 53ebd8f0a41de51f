using System.Globalization;

namespace QwenMesh.Gateway.Jobs.Store;

/// <summary>Steps done of each picture of a job, as events tell them, and as text, e.g. "20,3".</summary>
internal sealed class StepCounts
{
    // More pictures than any model is asked for; an event beyond it is not counted.
    private const int MostPictures = 1024;

    private readonly List<int> _done;

    private StepCounts(List<int> done, int total)
    {
        _done = done;
        Total = total;
    }

    public int Done => _done.Sum();

    /// <summary>Of all pictures; 0 while that is not known.</summary>
    public int Total { get; private set; }

    public static StepCounts Read(string? text, int total) =>
        new(text is null ? [] : [.. text.Split(',').Select(part => int.Parse(part, CultureInfo.InvariantCulture))], total);

    /// <summary>Counts an event.</summary>
    public void Add(JobEventData data)
    {
        switch (data)
        {
            case JobAccepted { Count: > 0 and <= MostPictures } accepted:
                Reach(accepted.Count);
                Total = accepted.Steps * _done.Count;
                break;
            case JobStep { Picture: >= 0 and < MostPictures } step:
                Reach(step.Picture + 1);
                _done[step.Picture] = step.Step;
                Total = step.Total * _done.Count;
                break;
        }
    }

    public override string ToString() => string.Join(',', _done.Select(steps => steps.ToString(CultureInfo.InvariantCulture)));

    private void Reach(int pictures)
    {
        while (_done.Count < pictures)
        {
            _done.Add(0);
        }
    }
}
