namespace QwenMesh.Gateway.Dialects;

/// <summary>One vendor's HTTP interface.</summary>
internal interface IDialect
{
    void Map(IEndpointRouteBuilder endpoints);
}
