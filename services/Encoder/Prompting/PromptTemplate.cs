namespace QwenMesh.Encoder.Prompting;

/// <summary>
/// The conversation around a prompt. The model was trained on conditioning without the first <paramref name="DroppedTokens"/> tokens: those
/// of the template up to the user's turn. The number is fixed, not searched for (docs/model.md 2.3).
/// </summary>
/// <param name="MaxTokens">Tokens of the filled template that the reference keeps.</param>
internal sealed record PromptTemplate(string Before, string After, int DroppedTokens, int MaxTokens)
{
    /// <summary>Largest max_sequence_length of text to image.</summary>
    public const int TextToImageMaxLength = 1024;

    public static PromptTemplate TextToImage { get; } = new(
        "<|im_start|>system\nDescribe the image by detailing the color, shape, size, texture, quantity, text, spatial relationships of the "
        + "objects and background:<|im_end|>\n<|im_start|>user\n",
        "<|im_end|>\n<|im_start|>assistant\n",
        DroppedTokens: 34,
        MaxTokens: TextToImageMaxLength + 34);

    /// <summary>
    /// The whole conversation. It is tokenised as one text: a prompt that begins with a newline shares a token with the template.
    /// </summary>
    public string Fill(string prompt) => Before + prompt + After;
}
