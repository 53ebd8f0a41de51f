using Grpc.Core;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Denoiser.Requests;

/// <summary>Reads one call's messages into a job. Each message is checked when it comes, before memory is taken for it.</summary>
internal static class DenoiseRequestReader
{
    /// <exception cref="WireFormatException">The messages break the contract or a limit; the text says how.</exception>
    public static async Task<DenoiseJob> ReadAsync(
        IAsyncStreamReader<DenoiseRequest> requests, DenoiserLimits limits, CancellationToken cancellationToken)
    {
        if (!await requests.MoveNext(cancellationToken))
        {
            throw new WireFormatException("the call carries no message; the first must be the parameters");
        }
        if (requests.Current.KindCase != DenoiseRequest.KindOneofCase.Parameters)
        {
            throw new WireFormatException($"the first message must be the parameters; found {Describe(requests.Current)}");
        }
        var parameters = CheckedParameters.From(requests.Current.Parameters, limits);
        using var assembler = new TensorAssembler(new TensorLimits(limits.MaxTensorBytes, MaxTensors: JobTensors.Names.Length));
        while (await requests.MoveNext(cancellationToken))
        {
            if (requests.Current.KindCase != DenoiseRequest.KindOneofCase.Frame)
            {
                throw new WireFormatException($"tensor frames must follow the parameters; found {Describe(requests.Current)}");
            }
            var frame = requests.Current.Frame;
            if (frame.KindCase == TensorFrame.KindOneofCase.Header)
            {
                JobTensors.Check(frame.Header, parameters.Grid, limits.Model);
            }
            assembler.Accept(frame);
        }
        var tensors = assembler.Complete();
        try
        {
            return parameters.Join(tensors);
        }
        finally
        {
            foreach (var tensor in tensors.Values)
            {
                tensor.Dispose();
            }
        }
    }

    private static string Describe(DenoiseRequest request) => request.KindCase switch
    {
        DenoiseRequest.KindOneofCase.None => "a message of no kind that this version knows",
        var kind => $"a message of kind {kind}",
    };
}
