using System.Runtime.InteropServices;
using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Pictures;

namespace QwenMesh.Gateway.Dialects.Nim;

/// <summary>The assets that a request's headers list: its pictures may refer to these and to no others. Without a list, to all of the caller's.</summary>
internal static class NimAssetReferences
{
    /// <summary>The ids; null for no list.</summary>
    /// <exception cref="DialectException">One of them is no id.</exception>
    public static IReadOnlySet<Guid>? Of(IHeaderDictionary headers)
    {
        var listed = new HashSet<Guid>();
        foreach (var name in (string[])[NimHeaders.InputAssets, NimHeaders.FunctionAssets])
        {
            foreach (var sent in headers[name].ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                listed.Add(Guid.TryParseExact(sent, "D", out var id)
                    ? id
                    : throw new DialectException(DialectErrorKind.InvalidRequest, $"{name} has '{Echo.Cut(sent)}', which is no id of an asset"));
            }
        }
        return listed.Count > 0 ? listed : null;
    }

    /// <exception cref="DialectException">A picture refers to an asset that is not listed.</exception>
    public static void Check(IReadOnlySet<Guid>? listed, IReadOnlyList<PictureInput> inputs)
    {
        if (listed is null)
        {
            return;
        }
        FieldFault[] faults = [.. from input in inputs
            where IdOf(input) is { } id && !listed.Contains(id)
            select FieldFault.Because(input.Path, $"the asset is not listed in {NimHeaders.InputAssets}", input.Text)];
        if (faults.Length > 0)
        {
            throw new DialectException(DialectError.Of(faults));
        }
    }

    private static Guid? IdOf(PictureInput input)
    {
        if (input.Form != PictureForm.DataUri || PictureSource.TryFindBase64(JsonMarshal.GetRawUtf8Value(input.Text)[1..^1], out _))
        {
            return null;
        }
        try
        {
            return PictureSource.Parse(input.Text.GetString()!) is PictureSource.Asset asset && Guid.TryParseExact(asset.Id, "D", out var id) ? id : null;
        }
        catch (PictureException)
        {
            // What is wrong with it is said when it is read.
            return null;
        }
    }
}
