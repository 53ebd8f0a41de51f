using QwenMesh.TensorWire;

namespace QwenMesh.Denoiser.Requests;

/// <summary>Checks of single parameters; the message names the field.</summary>
internal static class ParameterChecks
{
    /// <exception cref="WireFormatException">It does not hold.</exception>
    public static void Require(bool holds, string field, string otherwise)
    {
        if (!holds)
        {
            throw new WireFormatException($"{field} is {otherwise}", $"parameters.{field}");
        }
    }

    /// <summary>Checks a number as the float that the computation uses.</summary>
    /// <exception cref="WireFormatException">Not finite, or below the limit.</exception>
    public static float Single(double value, string field, float atLeast = float.MinValue)
    {
        var single = (float)value;
        var limit = atLeast == 0 ? " and not negative" : "";
        Require(float.IsFinite(single) && single >= atLeast, field, $"{value}; it must be finite{limit}");
        return single;
    }

    /// <exception cref="WireFormatException">Outside of 0 to 1, or no number.</exception>
    public static double Share(double value, string field)
    {
        Require(value is >= 0 and <= 1, field, $"{value}; 0 to 1 are accepted");
        return value;
    }
}
