namespace QwenMesh.Gateway.Dialects.Bodies;

/// <summary>Which bodies an endpoint reads.</summary>
public enum BodyForm
{
    /// <summary>JSON, whatever the content type says: clients of some vendors leave it out or send another.</summary>
    JsonOfAnyType,

    /// <summary>JSON of a JSON content type, or of none; another type is refused with 415.</summary>
    Json,

    /// <summary>As <see cref="Json"/>, or multipart/form-data.</summary>
    JsonOrMultipart,
}
