using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Pictures;

namespace QwenMesh.Gateway.Dialects;

/// <summary>From the pictures of a body to files whose headers are checked. What is wrong with one is a fault of its field.</summary>
internal sealed class DialectPictures(PictureReader reader, IOptions<PictureOptions> options)
{
    /// <summary>Pictures of one request.</summary>
    public int Most => options.Value.MaxPictures;

    /// <param name="inputs">All pictures of the request, masks included; the body must not be disposed of yet.</param>
    /// <param name="cancellationToken">The request's.</param>
    /// <param name="owner">Whose uploads it may refer to.</param>
    /// <returns>One file for each, in their order.</returns>
    /// <exception cref="DialectException">One of them is refused.</exception>
    public async Task<IReadOnlyList<PictureFile>> ReadAsync(IReadOnlyList<PictureInput> inputs, CancellationToken cancellationToken, string owner = "")
    {
        var sources = new List<PictureSource>();
        try
        {
            foreach (var input in inputs)
            {
                sources.Add(Source(input));
            }
            return await reader.ReadAsync(sources, cancellationToken, owner);
        }
        catch (PictureException refused)
        {
            // While the sources are made, the one at fault is the next.
            var input = inputs[refused.Position ?? Math.Min(sources.Count, inputs.Count - 1)];
            throw new DialectException(DialectError.Of(
                [FieldFault.Because(input.Path, refused.Fault.Detail, input.Form == PictureForm.File ? null : input.Text)]), refused);
        }
    }

    private PictureSource Source(PictureInput input)
    {
        if (input.Form == PictureForm.File)
        {
            return new PictureSource.Part(input.File);
        }
        // Base64 of a large picture is not made a string of twice its bytes. Escapes in it are rare: a few clients break its lines.
        var raw = JsonMarshal.GetRawUtf8Value(input.Text)[1..^1];
        return input.Form != PictureForm.Url && !raw.Contains((byte)'\\') && PictureSource.TryFindBase64(raw, out var base64)
            ? new PictureSource.Part(Base64Picture.Decode(base64, options.Value))
            : PictureSource.Parse(input.Text.GetString()!);
    }
}
