namespace QwenMesh.Gateway.Jobs;

/// <summary>Which jobs are listed, the newest first.</summary>
internal sealed record JobQuery
{
    /// <summary>Whose.</summary>
    public required string Owner { get; init; }

    /// <summary>Null for all.</summary>
    public string? Dialect { get; init; }

    /// <summary>Empty for all.</summary>
    public IReadOnlyList<JobState> States { get; init; } = [];

    /// <summary>Name of the model as it was submitted; null for all.</summary>
    public string? Model { get; init; }

    public DateTimeOffset? CreatedFrom { get; init; }

    public DateTimeOffset? CreatedBefore { get; init; }

    /// <summary>Those after this one in the list; null from the first.</summary>
    public string? AfterId { get; init; }

    /// <summary>Left out at the begin; for lists with page numbers.</summary>
    public int Skip { get; init; }

    /// <summary>At most.</summary>
    public int Take { get; init; } = 50;
}

/// <param name="Jobs">Of this page.</param>
/// <param name="Total">Of all pages.</param>
internal sealed record JobPage(IReadOnlyList<Job> Jobs, int Total);
