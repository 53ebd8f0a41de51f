namespace QwenMesh.Gateway.Generation;

/// <summary>Listens to one generation. Called from the threads that run it, one event at a time; must not block.</summary>
public interface IGenerationProgress
{
    /// <summary>Something has happened.</summary>
    void Report(GenerationEvent happened);
}

/// <summary>Something that happened in a generation.</summary>
public abstract record GenerationEvent;

/// <summary>The request is accepted, and this is what will be drawn: nothing in it is null that the model chooses.</summary>
public sealed record GenerationAccepted(GenerationRequest Request) : GenerationEvent;

/// <summary>A part of the work begins or ends.</summary>
/// <param name="Stage">"encode", "denoise", "decode" or "image".</param>
/// <param name="Picture">Which picture, from 0; 0 too for what all share.</param>
/// <param name="Ended">Whether it ends.</param>
public sealed record StageProgress(string Stage, int Picture, bool Ended) : GenerationEvent;

/// <summary>A denoising step is done.</summary>
/// <param name="Picture">Which picture, from 0.</param>
/// <param name="Step">Steps done.</param>
/// <param name="Total">Of how many.</param>
public sealed record StepProgress(int Picture, int Step, int Total) : GenerationEvent;

/// <summary>What the picture looks like after a step.</summary>
/// <param name="Picture">Which picture, from 0.</param>
/// <param name="Step">Steps done.</param>
/// <param name="File">A complete file in the request's format.</param>
public sealed record PreviewDrawn(int Picture, int Step, ReadOnlyMemory<byte> File) : GenerationEvent;

/// <summary>A picture is finished.</summary>
public sealed record PictureDrawn(GeneratedPicture Picture) : GenerationEvent;
