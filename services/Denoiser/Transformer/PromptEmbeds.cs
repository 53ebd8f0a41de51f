namespace QwenMesh.Denoiser.Transformer;

/// <summary>One prompt's conditioning on the host: [tokens, joint_attention_dim], row-major.</summary>
internal sealed record PromptEmbeds(int Tokens, float[] Values);
