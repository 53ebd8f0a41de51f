using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Dialects.DashScope;

/// <summary>A checked request in the vendor's terms.</summary>
internal sealed record DashScopeRequest
{
    /// <summary>Characters of a prompt and of a negative prompt; what is longer is cut.</summary>
    public const int MaxPromptLength = 800;
    public const int MaxNegativePromptLength = 500;

    public required CutText Prompt { get; init; }

    public CutText? NegativePrompt { get; init; }

    public required IReadOnlyList<PictureInput> Pictures { get; init; }

    /// <summary>Null leaves it to the model.</summary>
    public ImageSize? Size { get; init; }

    public int Count { get; init; } = 1;

    public long? Seed { get; init; }

    /// <summary>Fields that had no influence.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    public GenerationTask Task => Pictures.Count > 0 ? GenerationTask.Edit : GenerationTask.TextToImage;

    /// <param name="fields">The body; its "model" has been read.</param>
    /// <param name="model">What that takes.</param>
    /// <param name="isAsynchronous">Whether the input is a prompt, not messages.</param>
    /// <param name="strict">Whether unknown fields are refused.</param>
    /// <exception cref="DialectException">Fields are at fault.</exception>
    public static DashScopeRequest Parse(BodyFields fields, DashScopeModel model, bool isAsynchronous, bool strict)
    {
        List<BodyFields> read = [fields];
        if (fields.Raw("input") is null)
        {
            fields.Missing("input");
        }
        var sent = new DashScopeInput("", null, []);
        if (fields.Object("input") is { } input)
        {
            read.Add(input);
            sent = isAsynchronous ? DashScopeInput.OfPrompt(input) : DashScopeInput.OfMessages(input, model, read);
        }
        var request = new DashScopeRequest
        {
            Prompt = CutText.To(sent.Prompt, MaxPromptLength),
            Pictures = sent.Pictures,
            NegativePrompt = CutText.ToOrNull(sent.NegativePrompt, MaxNegativePromptLength),
        };
        var extends = false;
        if (fields.Object("parameters") is { } parameters)
        {
            read.Add(parameters);
            (request, extends) = WithParameters(request, parameters, model);
        }
        foreach (var part in read)
        {
            part.ThrowIfFaulty(strict);
        }
        return request with { Ignored = [.. extends ? ["parameters.prompt_extend"] : Array.Empty<string>(), .. read.SelectMany(part => part.UnknownPaths)] };
    }

    private static (DashScopeRequest Request, bool Extends) WithParameters(DashScopeRequest request, BodyFields parameters, DashScopeModel model)
    {
        var negative = CutText.ToOrNull(parameters.Text("negative_prompt", DashScopeInput.MaxText), MaxNegativePromptLength);
        request = request with
        {
            NegativePrompt = negative ?? request.NegativePrompt,
            Size = DashScopeSize.Read(parameters, model),
            Count = (int)(parameters.Integer("n", 1, model.MostCount) ?? 1),
            Seed = parameters.Integer("seed", 0, int.MaxValue),
        };
        if (parameters.Flag("watermark") == true)
        {
            parameters.Refuse("watermark", "pictures are not marked here; leave it out");
        }
        var extends = parameters.Flag("prompt_extend");
        if (extends == true && !model.ExtendsPrompts)
        {
            parameters.Refuse("prompt_extend", $"{model.Name} does not take it");
        }
        return (request, extends == true);
    }
}
