namespace QwenMesh.Load.Bench;

/// <summary>One of a closed loop's, which asks for no more than there is room for: everything but a picture is an error.</summary>
internal sealed class PictureCaller(PictureClient client) : ICaller
{
    public async Task CallAsync()
    {
        if (await client.DrawAsync() is { Kind: not AnswerKind.Done } answer)
        {
            throw new InvalidOperationException($"no picture, but {answer}");
        }
    }

    public void Dispose()
    {
        // The client is everybody's.
    }
}
