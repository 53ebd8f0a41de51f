using System.Text.Json;

namespace QwenMesh.Gateway.Dialects.Fields;

/// <content>Pictures.</content>
public sealed partial class BodyFields
{
    /// <summary>
    /// The pictures of one or several fields, each a text, a list of texts, or parts of a form. Their order is that of the parts in a form, and in JSON
    /// that of the names given here. Empty texts are left out: clients' templates send the field without a picture.
    /// </summary>
    public IReadOnlyList<PictureInput> Pictures(int most, params IReadOnlyList<string> names)
    {
        var pictures = IsForm ? PicturesOfParts(names) : [.. names.SelectMany(PicturesOfTexts)];
        if (pictures.Count <= most)
        {
            return pictures;
        }
        _faults.Add(FieldFault.OutOf(FieldFaultKind.TooMany, _at.At(names[0]), most, null));
        return [];
    }

    private List<PictureInput> PicturesOfTexts(string name)
    {
        var path = _at.At(name);
        return Raw(name) switch
        {
            null => [],
            { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().SelectMany((item, i) => Picture(item, path.At(i)))],
            { } one => [.. Picture(one, path)],
        };
    }

    private List<PictureInput> PicturesOfParts(IReadOnlyList<string> names)
    {
        var texts = names.Distinct(StringComparer.Ordinal).ToDictionary(name => name, name => new Queue<JsonElement>(Texts(name)), StringComparer.Ordinal);
        var pictures = new List<PictureInput>();
        foreach (var part in _parts.Where(part => texts.ContainsKey(part.Name)))
        {
            var path = _at.At(part.Name);
            if (part.IsFile)
            {
                pictures.Add(new PictureInput(path, PictureForm.File) { File = part.Content });
            }
            else
            {
                pictures.AddRange(Picture(texts[part.Name].Dequeue(), path));
            }
        }
        return pictures;
    }

    private IEnumerable<JsonElement> Texts(string name) => Raw(name) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } list => list.EnumerateArray(),
        { } one => [one],
    };

    private IEnumerable<PictureInput> Picture(JsonElement value, FieldPath path)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            if (_faults.Count < MostAlike)
            {
                _faults.Add(FieldFault.WrongType(path, FieldType.Picture, value));
            }
            return [];
        }
        return value.ValueEquals("") ? [] : [new PictureInput(path, PictureInput.FormOf(value)) { Text = value }];
    }
}
