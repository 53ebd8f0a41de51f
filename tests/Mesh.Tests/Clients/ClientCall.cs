namespace QwenMesh.Mesh.Tests.Clients;

/// <summary>One picture asked of a client.</summary>
/// <param name="Case">generate, edit or inpaint.</param>
/// <param name="Prompt">What is drawn, or the instruction.</param>
/// <param name="Side">Width and height of the answer, in pixels.</param>
/// <param name="Steps">Steps of the sampler; not every client can say them.</param>
/// <param name="Picture">File of what is edited; of edits.</param>
/// <param name="Mask">PNG of its size, transparent where it is drawn anew; of inpainting.</param>
internal sealed record ClientCall(string Case, string Prompt, int Side, int Steps, byte[]? Picture = null, byte[]? Mask = null)
{
    /// <summary>What the programs of tests/Testing/Clients are told.</summary>
    public object Setup(string gateway, int seed) => new
    {
        gateway,
        cases = new[] { Case },
        first = Convert.ToBase64String(Picture ?? []),
        mask = Convert.ToBase64String(Mask ?? []),
        fields = new { prompt = Prompt, size = $"{Side}x{Side}", n = 1, num_inference_steps = Steps, seed },
    };
}
