using QwenMesh.Gateway.Dialects.Fields;

namespace QwenMesh.Gateway.Dialects.Oxen;

/// <summary>The pictures of a request: the vendor's samples send input_image, its OpenAPI lists image and mask; both are taken.</summary>
/// <param name="References">In the order of input_image, then image.</param>
/// <param name="Mask">Null for none.</param>
/// <param name="IsList">Whether they were sent as a list.</param>
internal sealed record OxenInputs(IReadOnlyList<PictureInput> References, PictureInput? Mask, bool IsList)
{
    private static readonly string[] Names = ["input_image", "image"];

    /// <summary>Notes in <paramref name="fields"/> what is wrong.</summary>
    public static OxenInputs Read(BodyFields fields, OxenModel model, OxenRoute route, int most)
    {
        var faults = fields.Faults.Count;
        var references = fields.Pictures(most, Names);
        var masks = fields.Pictures(1, "mask");
        var name = Names.FirstOrDefault(name => fields.Raw(name) is not null) ?? Names[0];
        if (references.Count > 0 && !model.TakesPictures)
        {
            fields.Refuse(name, $"{model.Id} makes pictures from text and takes none");
        }
        else if (references.Count > 0 && route == OxenRoute.Generate)
        {
            fields.Refuse(name, "/api/ai/images/edit edits pictures; this route takes none");
        }
        else if (references.Count == 0 && (model.NeedsPictures || route == OxenRoute.Edit) && fields.Faults.Count == faults)
        {
            fields.Missing(Names[0]);
        }
        if (masks.Count > 0 && references.Count == 0)
        {
            fields.Refuse("mask", "a mask needs its picture in input_image");
        }
        return new OxenInputs(references, masks.Count > 0 ? masks[0] : null, references.Any(reference => reference.Path.Segments.Count > 1));
    }
}
