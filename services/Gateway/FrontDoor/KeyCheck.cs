using Grpc.Core;
using QwenMesh.Gateway.Access;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Protocol;

namespace QwenMesh.Gateway.FrontDoor;

/// <summary>What the caller's key allows to draw, for calls that draw.</summary>
internal static class KeyCheck
{
    /// <exception cref="RpcException">PERMISSION_DENIED with the reason.</exception>
    public static void ThrowIfForbidden(GenerationRequest request, ModelDirectory models, ServerCallContext context, GatewayInstrumentation instrumentation)
    {
        // Without a model there is nothing to allow; whoever draws says that there is none.
        if (models.Choose(request.Model) is { } served && KeyRules.Refusal(context.GetHttpContext().Key(), request, served) is { } reason)
        {
            instrumentation.Refused(KeyRules.Reason);
            throw StageFaults.Forbidden(GenerationStatus.Self, reason);
        }
    }
}
