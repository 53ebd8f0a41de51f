using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Pictures;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Planning;

/// <summary>The pictures of one request, decoded.</summary>
/// <param name="References">In the prompt's order.</param>
/// <param name="Mask">White is drawn anew; null for none.</param>
/// <param name="Controls">One for each of the request's controls.</param>
internal sealed record PictureInputs(IReadOnlyList<RgbImage> References, GreyImage? Mask, IReadOnlyList<RgbImage> Controls)
{
    public static PictureInputs None { get; } = new([], null, []);
}

/// <summary>Decodes a request's pictures. Dialects have looked at their headers already, where they took them from outside.</summary>
internal sealed class PictureInputReader(IPictureDecoder decoder, IOptions<PictureOptions> options) : IDisposable
{
    // The largest picture that is accepted takes some hundred MiB while it is decoded, and a file of a few MiB can be one.
    private const int RequestsAtATime = 2;

    private readonly PictureOptions _options = options.Value;
    private readonly ImageLimits _limits = options.Value.Limits;
    private readonly SemaphoreSlim _turns = new(RequestsAtATime);

    /// <summary>Decodes in turn: of all requests two at a time.</summary>
    /// <exception cref="GenerationException">A file is not acceptable; the fault says which.</exception>
    public async Task<PictureInputs> ReadAsync(GenerationRequest request, CancellationToken cancellationToken)
    {
        if (request.References.Count == 0 && request.Mask is null && request.Controls.Count == 0)
        {
            return PictureInputs.None;
        }
        await _turns.WaitAsync(cancellationToken);
        try
        {
            // Decoding takes tens of milliseconds; not on a thread that serves connections.
            return await Task.Run(() => Read(request), cancellationToken);
        }
        finally
        {
            _turns.Release();
        }
    }

    public void Dispose() => _turns.Dispose();

    private PictureInputs Read(GenerationRequest request)
    {
        CheckTogether(request);
        var references = request.References.Select((file, i) => Decode($"reference {i + 1}", () => decoder.Decode(file, _limits))).ToArray();
        var controls = request.Controls.Select((control, i) => Decode($"control picture {i + 1}", () => decoder.Decode(control.File, _limits))).ToArray();
        return new PictureInputs(references, request.Mask is { } mask ? Decode("mask", () => Mask(mask, request.MaskKind)) : null, controls);
    }

    // Those that came over gRPC were not looked at before.
    private void CheckTogether(GenerationRequest request)
    {
        var headers = request.References.Select((file, i) => Header($"reference {i + 1}", file))
            .Concat(request.Controls.Select((control, i) => Header($"control picture {i + 1}", control.File)))
            .Concat(request.Mask is { } mask ? [Header("mask", mask)] : []);
        try
        {
            _options.CheckTogether(headers);
        }
        catch (PictureException refused)
        {
            throw new GenerationException(new GenerationFault(null, FaultKind.InvalidRequest, refused.Fault.Detail), refused);
        }
    }

    private ImageInfo Header(string what, ReadOnlyMemory<byte> file) => Decode(what, () => decoder.Probe(file, _limits));

    private GreyImage Mask(ReadOnlyMemory<byte> file, MaskKind kind) => kind == MaskKind.Transparency
        ? decoder.DecodeWithAlpha(file, _limits).Alpha().Invert()
        : decoder.Decode(file, _limits).ToGrey();

    private static T Decode<T>(string what, Func<T> decode)
    {
        try
        {
            return decode();
        }
        catch (ImageFormatException exception)
        {
            throw new GenerationException(new GenerationFault(null, FaultKind.InvalidRequest, $"{what}: {exception.Message}"), exception);
        }
    }
}
