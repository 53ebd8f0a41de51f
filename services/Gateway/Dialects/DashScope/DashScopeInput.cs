using QwenMesh.Gateway.Dialects.Fields;

namespace QwenMesh.Gateway.Dialects.DashScope;

/// <summary>What is to be drawn: of the synchronous route one message of texts and pictures, of the asynchronous one a prompt.</summary>
/// <param name="Prompt">As it was sent.</param>
/// <param name="NegativePrompt">The asynchronous route's older place for it; null for none.</param>
/// <param name="Pictures">In the prompt's order.</param>
internal sealed record DashScopeInput(string Prompt, string? NegativePrompt, IReadOnlyList<PictureInput> Pictures)
{
    /// <summary>More is not read at all; the vendor cuts what is longer than it takes.</summary>
    public const int MaxText = 100_000;

    // The text and three pictures; a few more, so that the fault tells what is wrong.
    private const int MaxItems = 16;

    public static DashScopeInput OfPrompt(BodyFields input) =>
        new(input.RequiredText("prompt", MaxText, minLength: 1), input.Text("negative_prompt", MaxText), []);

    public static DashScopeInput OfMessages(BodyFields input, DashScopeModel model, ICollection<BodyFields> read)
    {
        if (input.Raw("messages") is null)
        {
            input.Missing("messages");
            return new DashScopeInput("", null, []);
        }
        var faults = input.Faults.Count;
        var messages = input.Objects("messages", most: 1);
        if (messages.Count == 0)
        {
            if (input.Faults.Count == faults)
            {
                input.Refuse("messages", "there must be one message");
            }
            return new DashScopeInput("", null, []);
        }
        var message = messages[0];
        read.Add(message);
        if (message.Raw("role") is null)
        {
            message.Missing("role");
        }
        message.Choice("role", "user");
        if (message.Raw("content") is null)
        {
            message.Missing("content");
            return new DashScopeInput("", null, []);
        }
        return OfContent(message, model, read);
    }

    private static DashScopeInput OfContent(BodyFields message, DashScopeModel model, ICollection<BodyFields> read)
    {
        var faults = message.Faults.Count;
        var texts = new List<string>();
        var pictures = new List<PictureInput>();
        foreach (var item in message.Objects("content", MaxItems))
        {
            read.Add(item);
            if (item.Text("text", MaxText, minLength: 1) is { } text)
            {
                texts.Add(text);
            }
            pictures.AddRange(item.Pictures(1, "image"));
        }
        if (message.Faults.Count == faults)
        {
            Check(message, model, texts.Count, pictures.Count);
        }
        return new DashScopeInput(texts.FirstOrDefault() ?? "", null, pictures);
    }

    private static void Check(BodyFields message, DashScopeModel model, int texts, int pictures)
    {
        if (texts != 1)
        {
            message.Refuse("content", $"there must be exactly one 'text', and there are {texts}");
        }
        if (pictures > model.MostPictures)
        {
            message.Refuse("content", model.MostPictures == 0
                ? $"{model.Name} draws from text and takes no 'image'; a model for editing does"
                : $"{model.Name} takes at most {model.MostPictures} 'image', and there are {pictures}");
        }
        if (pictures < model.LeastPictures)
        {
            message.Refuse("content", $"{model.Name} edits pictures and needs at least one 'image'");
        }
    }
}
