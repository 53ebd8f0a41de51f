namespace QwenMesh.Encoder.Prompting;

/// <summary>
/// The conversation around a prompt. The model was trained on conditioning without the first <paramref name="DroppedTokens"/> tokens: those
/// of the template up to the user's turn. The number is fixed, not searched for (docs/model.md 2.3).
/// </summary>
/// <param name="Name">What messages and telemetry call it.</param>
/// <param name="System">Text of the system's turn.</param>
/// <param name="PictureLabel">Stands before each picture, {0} is its number from 1; null when the template takes no pictures.</param>
/// <param name="PictureArea">Pixels, about, that a picture is brought to before the processor sees it, as the template's pipeline does.</param>
/// <param name="MaxPictures">Pictures at most, as the reference has it; at least one is required unless this is 0.</param>
/// <param name="MaxTokens">Tokens of the filled template at most.</param>
/// <param name="CutsPrompt">Whether tokens beyond the limits are cut off, as text to image does; editing refuses them.</param>
internal sealed record PromptTemplate(
    string Name, string System, string? PictureLabel, int PictureArea, int MaxPictures, int DroppedTokens, int MaxTokens, bool CutsPrompt)
{
    /// <summary>Largest max_sequence_length of text to image.</summary>
    public const int TextToImageMaxLength = 1024;

    /// <summary>The transformer's table of text positions; the reference fails on longer conditioning (docs/model.md 2.4).</summary>
    public const int EditMaxLength = 4096;

    private const string Picture = "<|vision_start|><|image_pad|><|vision_end|>";
    private const string EditSystem =
        "Describe the key features of the input image (color, shape, size, texture, objects, background), then explain how the user's text "
        + "instruction should alter or modify the image. Generate a new image that meets the user's requirements while maintaining consistency "
        + "with the original input where appropriate.";

    public static PromptTemplate TextToImage { get; } = new(
        "text to image",
        "Describe the image by detailing the color, shape, size, texture, quantity, text, spatial relationships of the objects and background:",
        PictureLabel: null, PictureArea: 0, MaxPictures: 0, DroppedTokens: 34, MaxTokens: TextToImageMaxLength + 34, CutsPrompt: true);

    /// <summary>Qwen-Image-Edit: one picture.</summary>
    public static PromptTemplate Edit { get; } = new(
        "edit", EditSystem, PictureLabel: "", PictureArea: 1024 * 1024, MaxPictures: 1, DroppedTokens: 64, MaxTokens: EditMaxLength + 64, CutsPrompt: false);

    /// <summary>Qwen-Image-Edit-2509 and later: numbered pictures.</summary>
    public static PromptTemplate EditPlus { get; } = new(
        "edit plus", EditSystem, PictureLabel: "Picture {0}: ", PictureArea: 384 * 384, MaxPictures: int.MaxValue, DroppedTokens: 64, MaxTokens: EditMaxLength + 64, CutsPrompt: false);

    /// <summary>
    /// The whole conversation. It is tokenised as one text: a prompt that begins with a newline may share a token with the template.
    /// </summary>
    public string Fill(string prompt, int pictures) =>
        $"<|im_start|>system\n{System}<|im_end|>\n<|im_start|>user\n{Labels(pictures)}{prompt}<|im_end|>\n<|im_start|>assistant\n";

    /// <summary>Why this prompt cannot be encoded; null when it can. With pictures, tokens that ask for a picture of their own are refused.</summary>
    public string? Refuse(string prompt) =>
        Array.Find(["<|image_pad|>", "<|video_pad|>"], token => MaxPictures > 0 && prompt.Contains(token, StringComparison.Ordinal)) is { } found
            ? $"the template '{Name}' does not allow {found} in it"
            : null;

    private string Labels(int pictures) => string.Concat(Enumerable.Range(1, pictures).Select(number =>
        string.Format(global::System.Globalization.CultureInfo.InvariantCulture, PictureLabel!, number) + Picture));
}
