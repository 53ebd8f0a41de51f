using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Planning;

/// <summary>A request made definite for its model: the calls that the stages will get.</summary>
internal sealed record GenerationPlan
{
    /// <summary>Nothing in it is null that the model chooses.</summary>
    public required GenerationRequest Request { get; init; }

    public required ServedModel Model { get; init; }

    /// <summary>What the model generates: the size asked for, rounded down to the model's multiple.</summary>
    public required ImageSize Generated { get; init; }

    /// <summary>Once, for all pictures.</summary>
    public required EncodeCall Encode { get; init; }

    /// <summary>One for each picture.</summary>
    public required IReadOnlyList<PictureCalls> Pictures { get; init; }
}

/// <param name="Parameters">The prompt and, when guided, the negative prompt.</param>
internal sealed record EncodeCall(EncodeParameters Parameters)
{
    public bool IsGuided => Parameters.Prompts.Count > 1;
}

/// <summary>A picture's denoising, and the decoding of what it gives.</summary>
/// <param name="Number">Which picture, from 0.</param>
/// <param name="Seed">Its own.</param>
/// <param name="Denoise">Size, schedule, guidance and seed.</param>
internal sealed record PictureCalls(int Number, ulong Seed, DenoiseParameters Denoise);
