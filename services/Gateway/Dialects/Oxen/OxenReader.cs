using QwenMesh.Gateway.Dialects.Bodies;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Pictures;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Dialects.Oxen;

/// <summary>A request that may be submitted.</summary>
/// <param name="Parsed">In the vendor's terms.</param>
/// <param name="Served">What draws it.</param>
/// <param name="Request">With its picture files.</param>
/// <param name="Extra">What the vendor repeats later.</param>
internal sealed record OxenDrawing(OxenRequest Parsed, ServedModel Served, GenerationRequest Request, OxenExtra Extra);

/// <summary>From a body to what may be submitted. The body is given back before anything is drawn.</summary>
internal sealed class OxenReader(OxenCatalog catalog, DialectPictures pictures)
{
    public async Task<OxenDrawing> ReadAsync(DialectCall call, OxenRoute route)
    {
        call.RefuseWhenFull();
        using var body = await call.ReadBodyAsync(BodyForm.Json);
        var fields = body.Fields();
        var id = fields.RequiredText("model", maxLength: 256, minLength: 1);
        if (fields.Faults.Count > 0)
        {
            fields.ThrowIfFaulty(strict: false);
        }
        var model = catalog.Find(id);
        var parsed = OxenRequest.Parse(fields, model, route, call.Strict, pictures.Most);
        var served = catalog.For(model, parsed.Task);
        var request = OxenTranslation.Translate(parsed, fields, served, route == OxenRoute.Queue);
        var files = await ReadPicturesAsync(call, parsed.Inputs);
        request = request with { References = [.. files.Take(parsed.Inputs.References.Count).Select(file => file.Bytes)] };
        if (parsed.Inputs.Mask is not null)
        {
            // Masks with an alpha channel mark by it; others by white.
            var mask = files[^1];
            request = request with { Mask = mask.Bytes, MaskKind = mask.Info.HasAlpha ? MaskKind.Transparency : MaskKind.Lightness };
        }
        return new OxenDrawing(parsed, served, request, OxenExtra.Of(parsed, files));
    }

    private async Task<IReadOnlyList<PictureFile>> ReadPicturesAsync(DialectCall call, OxenInputs inputs)
    {
        try
        {
            return await pictures.ReadAsync(inputs.Mask is { } mask ? [.. inputs.References, mask] : inputs.References, call.Aborted, call.Owner);
        }
        catch (DialectException refused) when (refused.InnerException is PictureException { Fault.Kind: PictureFaultKind.UnsupportedType or PictureFaultKind.NotAPicture })
        {
            throw new DialectException(new DialectError(DialectErrorKind.UnsupportedMediaType, refused.Error.Detail), refused);
        }
    }
}
