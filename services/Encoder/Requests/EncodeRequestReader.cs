using Grpc.Core;
using QwenMesh.Protocol.V1;
using QwenMesh.ServiceDefaults;
using PromptTemplate = QwenMesh.Encoder.Prompting.PromptTemplate;
using WireTemplate = QwenMesh.Protocol.V1.PromptTemplate;

namespace QwenMesh.Encoder.Requests;

/// <summary>What a call asks for, checked.</summary>
internal sealed record PromptRequest(PromptTemplate Template, string Prompt, int MaxSequenceLength);

/// <summary>Reads and checks the request stream of Encode: the parameters, and nothing after them.</summary>
internal sealed class EncodeRequestReader(EncoderOptions options)
{
    /// <exception cref="RpcException">INVALID_ARGUMENT, with the reason.</exception>
    public async Task<PromptRequest> ReadAsync(IAsyncStreamReader<EncodeRequest> stream, CancellationToken cancellationToken)
    {
        if (!await stream.MoveNext(cancellationToken))
        {
            throw Refused("the request stream is empty; its first message must carry the parameters");
        }
        if (stream.Current.KindCase != EncodeRequest.KindOneofCase.Parameters)
        {
            throw Refused($"the first message must carry the parameters, not {Describe(stream.Current)}");
        }
        var request = Check(stream.Current.Parameters);
        if (await stream.MoveNext(cancellationToken))
        {
            throw Refused(stream.Current.KindCase == EncodeRequest.KindOneofCase.Frame
                ? "text to image takes no tensors: reference pictures belong to the edit templates"
                : $"nothing may follow the parameters of text to image, but {Describe(stream.Current)} came");
        }
        return request;
    }

    private PromptRequest Check(EncodeParameters parameters)
    {
        var template = parameters.Template switch
        {
            WireTemplate.TextToImage => PromptTemplate.TextToImage,
            WireTemplate.Unspecified => throw Refused("template is required"),
            var unknown => throw Refused($"template {(int)unknown} is not known to this version"),
        };
        if (parameters.Prompt.Length > options.MaxPromptLength)
        {
            throw Refused($"prompt has {parameters.Prompt.Length} characters; at most {options.MaxPromptLength} are allowed");
        }
        if (parameters.MaxSequenceLength < 0 || parameters.MaxSequenceLength > options.MaxSequenceLength)
        {
            throw Refused($"max_sequence_length is {parameters.MaxSequenceLength}; "
                + $"1 to {options.MaxSequenceLength}, or 0 for the default of {options.DefaultMaxSequenceLength}, are allowed");
        }
        var length = parameters.MaxSequenceLength == 0 ? options.DefaultMaxSequenceLength : parameters.MaxSequenceLength;
        return new PromptRequest(template, parameters.Prompt, length);
    }

    private static string Describe(EncodeRequest message) => message.KindCase switch
    {
        EncodeRequest.KindOneofCase.Frame => "a tensor frame",
        EncodeRequest.KindOneofCase.Parameters => "a second set of parameters",
        _ => "a message of no known kind",
    };

    private static RpcException Refused(string detail) => StageFaults.InvalidRequest(EncoderService.Stage, detail);
}
