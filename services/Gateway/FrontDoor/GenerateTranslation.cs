using System.Security.Cryptography;
using QwenMesh.Gateway.Generation;
using QwenMesh.Imaging;
using QwenMesh.Protocol.V1;
using WireControl = QwenMesh.Protocol.V1.ControlPicture;
using WireFormat = QwenMesh.Protocol.V1.ImageFormat;
using WireTask = QwenMesh.Protocol.V1.GenerationTask;

namespace QwenMesh.Gateway.FrontDoor;

/// <summary>The message to the canonical request. What the model decides is checked behind it.</summary>
internal static class GenerateTranslation
{
    private const int MaxPromptLength = 10_000;
    private const int MaxPriority = 100;

    /// <exception cref="Grpc.Core.RpcException">INVALID_ARGUMENT, with the field.</exception>
    public static GenerationRequest ToCanonical(GenerateRequest request, DateTime deadline)
    {
        Require(request.Prompt.Length <= MaxPromptLength, "prompt", $"has {request.Prompt.Length} characters; at most {MaxPromptLength} are allowed");
        Require(request.NegativePrompt.Length <= MaxPromptLength, "negative_prompt", $"has more than {MaxPromptLength} characters");
        Require(request.Width == 0 == (request.Height == 0), "height", "width and height come together");
        Require(request.Width >= 0 && request.Height >= 0, "width", "a side cannot be negative");
        Require(request.AspectRatio.Length == 0 || request.Width == 0, "aspect_ratio", "a size and an aspect ratio exclude each other");
        Require(request.Steps >= 0, "steps", $"is {request.Steps}; it cannot be negative");
        Require(request.Count >= 0, "count", $"is {request.Count}; it cannot be negative");
        Require(request.Quality is >= 0 and <= 100, "quality", $"is {request.Quality}; 1 to 100, or 0 for the default, are allowed");
        Require(double.IsFinite(request.Strength) && request.Strength is >= 0 and <= 1, "strength", $"is {request.Strength}; above 0 to 1, or 0 for the default");
        Require(request.PreviewInterval >= 0, "preview_interval", $"is {request.PreviewInterval}; it cannot be negative");
        Require(Math.Abs((long)request.Priority) <= MaxPriority, "priority", $"is {request.Priority}; -{MaxPriority} to {MaxPriority} are allowed");
        return new GenerationRequest
        {
            Task = Task(request.Task),
            Model = request.Model.Length > 0 ? request.Model : null,
            Prompt = request.Prompt,
            NegativePrompt = request.HasNegativePrompt ? request.NegativePrompt : null,
            References = [.. request.References.Select(file => file.Memory)],
            Mask = request.Mask.IsEmpty ? (ReadOnlyMemory<byte>?)null : request.Mask.Memory,
            Controls = [.. request.Controls.Select(Control)],
            Adapters = [.. request.Adapters.Select(adapter => new AdapterChoice(adapter.Name, adapter.Scale))],
            Strength = request.Strength == 0 ? null : request.Strength,
            Size = request.Width == 0 ? null : new ImageSize(request.Width, request.Height),
            AspectRatio = request.AspectRatio.Length > 0 ? request.AspectRatio : null,
            Steps = request.Steps == 0 ? null : request.Steps,
            Guidance = request.HasGuidance ? request.Guidance : null,
            Seed = request.HasSeed ? request.Seed : BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint))),
            Count = request.Count == 0 ? 1 : request.Count,
            Format = Format(request.Format),
            Quality = request.Quality == 0 ? IPictureEncoder.DefaultQuality : request.Quality,
            Deadline = deadline == DateTime.MaxValue ? null : new DateTimeOffset(deadline),
            Priority = request.Priority,
            PreviewInterval = request.PreviewInterval,
        };
    }

    public static WireTask ToWire(Generation.GenerationTask task) => task switch
    {
        Generation.GenerationTask.Edit => WireTask.Edit,
        Generation.GenerationTask.ImageToImage => WireTask.ImageToImage,
        Generation.GenerationTask.Inpaint => WireTask.Inpaint,
        Generation.GenerationTask.Control => WireTask.Control,
        _ => WireTask.TextToImage,
    };

    public static WireFormat ToWire(QwenMesh.Imaging.ImageFormat format) =>
        format == QwenMesh.Imaging.ImageFormat.Jpeg ? WireFormat.Jpeg : format == QwenMesh.Imaging.ImageFormat.WebP ? WireFormat.Webp : WireFormat.Png;

    private static Generation.GenerationTask Task(WireTask task) => task switch
    {
        WireTask.TextToImage => Generation.GenerationTask.TextToImage,
        WireTask.Edit => Generation.GenerationTask.Edit,
        WireTask.ImageToImage => Generation.GenerationTask.ImageToImage,
        WireTask.Inpaint => Generation.GenerationTask.Inpaint,
        WireTask.Control => Generation.GenerationTask.Control,
        WireTask.Unspecified => throw GenerationStatus.Invalid("task", "is required"),
        var unknown => throw GenerationStatus.Invalid("task", $"{(int)unknown} is not one that this version knows"),
    };

    private static QwenMesh.Imaging.ImageFormat Format(WireFormat format) => format switch
    {
        WireFormat.Unspecified or WireFormat.Png => QwenMesh.Imaging.ImageFormat.Png,
        WireFormat.Jpeg => QwenMesh.Imaging.ImageFormat.Jpeg,
        WireFormat.Webp => QwenMesh.Imaging.ImageFormat.WebP,
        var unknown => throw GenerationStatus.Invalid("format", $"{(int)unknown} is not one that this version knows"),
    };

    private static Generation.ControlPicture Control(WireControl control)
    {
        Require(
            double.IsFinite(control.Scale) && double.IsFinite(control.GuidanceStart) && double.IsFinite(control.GuidanceEnd), "controls",
            "have a scale or a part of the steps that is no finite number");
        return new(
            control.Name, control.Image.Memory, control.Scale == 0 ? 1 : control.Scale, control.GuidanceStart, control.GuidanceEnd == 0 ? 1 : control.GuidanceEnd);
    }

    private static void Require(bool holds, string field, string otherwise)
    {
        if (!holds)
        {
            throw GenerationStatus.Invalid(field, otherwise);
        }
    }
}
