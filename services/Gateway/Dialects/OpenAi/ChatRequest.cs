using System.Text.Json;
using QwenMesh.Gateway.Dialects.Fields;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>
/// The body of POST /v1/chat/completions, as vLLM-Omni takes it: one message of a user with text, and pictures where they are edited. What is drawn with is in
/// extra_body, or beside the messages: the vendor's client for Python puts what it is given as extra_body there.
/// </summary>
internal static class ChatRequest
{
    private const int MaxMessages = 256;
    private const int MaxParts = 64;

    /// <param name="body">The body.</param>
    /// <param name="strict">Whether unknown fields are refused.</param>
    /// <param name="most">Pictures of one request.</param>
    /// <returns>The request, and the fields that it was drawn from, for faults of the model's rules.</returns>
    /// <exception cref="DialectException">Fields are at fault.</exception>
    public static (OpenAiRequest Request, BodyFields Fields) Parse(BodyFields body, bool strict, int most)
    {
        var model = body.Text("model", maxLength: 256);
        var (prompt, pictures) = Message(body, most);
        var fields = body.Object("extra_body") ?? body;
        if (body.Flag("stream") == true)
        {
            body.Refuse("stream", "a picture is not told in pieces of text; POST /v1/images/generations streams previews");
        }
        var request = OpenAiRequest.Drawing(fields, prompt, pictures.Count > 0 ? new OpenAiPictures(pictures, Mask: null) : null);
        // vLLM-Omni's name for n.
        if (fields.Integer("num_outputs_per_prompt", 1, OpenAiRequest.MaxCount) is { } count)
        {
            request = request with { Count = (int)count };
        }
        body.ThrowIfFaulty(strict);
        if (!ReferenceEquals(fields, body))
        {
            fields.ThrowIfFaulty(strict);
        }
        string[] unknown = ReferenceEquals(fields, body) ? [.. body.Unknown] : [.. body.Unknown, .. fields.UnknownPaths];
        return (request with { Model = model ?? request.Model, Ignored = [.. request.Ignored, .. unknown] }, fields);
    }

    private static (string Prompt, IReadOnlyList<PictureInput> Pictures) Message(BodyFields body, int most)
    {
        if (body.Raw("messages") is null)
        {
            body.Missing("messages");
            return ("", []);
        }
        var faults = body.Faults.Count;
        var messages = body.Objects("messages", MaxMessages);
        if (body.Faults.Count > faults)
        {
            return ("", []);
        }
        // What came before would have to be dropped.
        if (messages is not [var message] || message.Choice("role", "user") is null)
        {
            body.Refuse("messages", "a picture is drawn from one message, of the role 'user'; conversations are not read");
            return ("", []);
        }
        return message.Raw("content") is { ValueKind: JsonValueKind.Array } ? Parts(body, message, most)
            : (message.RequiredText("content", OpenAiRequest.MaxPromptLength, minLength: 1), []);
    }

    private static (string Prompt, IReadOnlyList<PictureInput> Pictures) Parts(BodyFields body, BodyFields message, int most)
    {
        var (texts, pictures) = (new List<string>(), new List<PictureInput>());
        foreach (var part in message.Objects("content", MaxParts))
        {
            switch (part.Choice("type", "text", "image_url"))
            {
                case "text":
                    texts.Add(part.RequiredText("text", OpenAiRequest.MaxPromptLength));
                    break;
                case "image_url":
                    pictures.AddRange(Picture(part));
                    break;
            }
        }
        var prompt = string.Join('\n', texts);
        if (prompt.Length == 0)
        {
            message.Refuse("content", "there is no text that says what to draw");
        }
        else if (prompt.Length > OpenAiRequest.MaxPromptLength)
        {
            message.Refuse("content", FormattableString.Invariant($"the texts have more than {OpenAiRequest.MaxPromptLength} characters"));
        }
        if (pictures.Count > most)
        {
            body.Refuse("messages", FormattableString.Invariant($"at most {most} pictures are taken"));
        }
        return (prompt, pictures);
    }

    private static IReadOnlyList<PictureInput> Picture(BodyFields part)
    {
        if (part.Raw("image_url") is { ValueKind: JsonValueKind.String })
        {
            return part.Pictures(1, "image_url");
        }
        if (part.Object("image_url") is not { } picture)
        {
            part.Missing("image_url");
            return [];
        }
        if (picture.Raw("url") is null)
        {
            picture.Missing("url");
        }
        return picture.Pictures(1, "url");
    }
}
