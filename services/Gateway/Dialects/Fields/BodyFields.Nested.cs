using System.Text.Json;

namespace QwenMesh.Gateway.Dialects.Fields;

/// <content>Objects in the object.</content>
public sealed partial class BodyFields
{
    /// <summary>The fields of an object; null when it is absent or at fault. Its faults are noted here.</summary>
    public BodyFields? Object(string name) => Raw(name) is { } value ? Object(value, _at.At(name)) : null;

    /// <summary>The fields of each object of a list, without those at fault; empty when it is absent.</summary>
    public IReadOnlyList<BodyFields> Objects(string name, int most)
    {
        if (Raw(name) is not { } value)
        {
            return [];
        }
        if (value.ValueKind != JsonValueKind.Array)
        {
            _faults.Add(FieldFault.WrongType(_at.At(name), FieldType.List, value));
            return [];
        }
        if (value.GetArrayLength() > most)
        {
            _faults.Add(FieldFault.OutOf(FieldFaultKind.TooMany, _at.At(name), most, value));
            return [];
        }
        return [.. value.EnumerateArray().Select((item, i) => Object(item, _at.At(name).At(i))).OfType<BodyFields>()];
    }

    private BodyFields? Object(JsonElement value, FieldPath path)
    {
        if (value.ValueKind == JsonValueKind.Object)
        {
            return new BodyFields(value, [], path, _faults);
        }
        _faults.Add(FieldFault.WrongType(path, FieldType.Object, value));
        return null;
    }
}
