using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using GenerationTask = QwenMesh.Gateway.Generation.GenerationTask;

namespace QwenMesh.Gateway.Planning;

/// <summary>The reference's pipelines, by what they do with pictures.</summary>
internal enum PipelineKind
{
    TextToImage,
    ImageToImage,
    Inpaint,
    Control,
    Edit,
    EditPlus,
    EditInpaint,
}

/// <summary>Which pipeline a task is on a model, and what its stages have to know for it.</summary>
internal static class Pipelines
{
    private const string EditClass = "QwenImageEditPipeline";
    private const string EditPlusClass = "QwenImageEditPlusPipeline";

    /// <summary>The task in messages to callers, who know of no pipelines.</summary>
    public static string Words(PipelineKind kind) => kind switch
    {
        PipelineKind.TextToImage => "text to image",
        PipelineKind.ImageToImage => "image to image",
        PipelineKind.Inpaint or PipelineKind.EditInpaint => "inpainting",
        PipelineKind.Control => "control",
        _ => "an edit",
    };

    /// <exception cref="GenerationException">The model does not do it; the reason says why.</exception>
    public static PipelineKind Choose(GenerationTask task, ServedModel served)
    {
        var isEdit = served.Denoiser.PipelineClass is EditClass or EditPlusClass;
        var kind = task switch
        {
            GenerationTask.TextToImage => PipelineKind.TextToImage,
            GenerationTask.ImageToImage => PipelineKind.ImageToImage,
            GenerationTask.Inpaint => isEdit ? PipelineKind.EditInpaint : PipelineKind.Inpaint,
            GenerationTask.Control => PipelineKind.Control,
            GenerationTask.Edit when served.Denoiser.PipelineClass == EditPlusClass => PipelineKind.EditPlus,
            GenerationTask.Edit when isEdit => PipelineKind.Edit,
            GenerationTask.Edit => throw Refused($"{served.ModelId} makes pictures from text and does not edit pictures"),
            _ => throw Refused($"the task {task} is not served"),
        };
        return Missing(kind, served) is { } reason ? throw Refused(reason) : kind;
    }

    /// <summary>Tasks that the model does now.</summary>
    public static IEnumerable<GenerationTask> Served(ServedModel served) => Enum.GetValues<GenerationTask>().Where(task =>
    {
        try
        {
            Choose(task, served);
            return true;
        }
        catch (GenerationException)
        {
            return false;
        }
    });

    /// <summary>The template that goes around prompts with pictures.</summary>
    public static PromptTemplate Template(PipelineKind kind, ServedModel served) => kind switch
    {
        PipelineKind.Edit => PromptTemplate.Edit,
        PipelineKind.EditPlus => PromptTemplate.EditPlus,
        PipelineKind.EditInpaint => served.Denoiser.PipelineClass == EditPlusClass ? PromptTemplate.EditPlus : PromptTemplate.Edit,
        _ => PromptTemplate.TextToImage,
    };

    public static bool ShowsPicturesToEncoder(PipelineKind kind) => kind is PipelineKind.Edit or PipelineKind.EditPlus or PipelineKind.EditInpaint;

    private static string? Missing(PipelineKind kind, ServedModel served)
    {
        if (kind == PipelineKind.TextToImage)
        {
            return null;
        }
        if (kind == PipelineKind.Control && served.Denoiser.Denoiser.Controls.Count == 0)
        {
            return $"{served.ModelId} has no control network loaded";
        }
        var denoiser = kind switch
        {
            PipelineKind.ImageToImage => StageFeatures.InitialLatents,
            PipelineKind.Inpaint or PipelineKind.EditInpaint => StageFeatures.Inpaint,
            PipelineKind.Control => StageFeatures.Control,
            _ => StageFeatures.References,
        };
        return Lacks("denoiser", served.Denoiser, denoiser) ?? Lacks("vae", served.Vae, StageFeatures.VaeEncode)
            ?? (ShowsPicturesToEncoder(kind) ? Lacks("encoder", served.Encoder, StageFeatures.Images) : null);
    }

    private static string? Lacks(string stage, ModelInfo info, string feature) =>
        info.Features.Contains(feature) ? null : $"the {stage} of {info.ModelId} does not know '{feature}'";

    private static GenerationException Refused(string reason) => new(new GenerationFault(null, FaultKind.Unsupported, reason));
}
