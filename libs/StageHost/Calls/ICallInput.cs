using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.StageHost.Calls;

/// <summary>A call's parameters, checked, and what they allow to follow.</summary>
public interface ICallInput<out TJob>
{
    /// <summary>Tensors at most.</summary>
    int MaxTensors { get; }

    /// <summary>Checks an announced tensor, before its bytes are accepted.</summary>
    /// <exception cref="WireFormatException">Unknown name or index, wrong type or shape.</exception>
    void CheckHeader(TensorHeader header);

    /// <summary>Makes the job; must take from the tensors what it needs, since they are disposed afterwards.</summary>
    /// <exception cref="WireFormatException">A tensor is missing, or holds values that are not finite.</exception>
    TJob Join(ReceivedTensors tensors);
}
