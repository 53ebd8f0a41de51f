using QwenMesh.Gateway.Jobs;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.FrontDoor;

/// <summary>Pictures of jobs for those who watch.</summary>
internal static class JobImages
{
    /// <param name="picture">Of one of its events.</param>
    /// <param name="job">As it was when the watching began, or later.</param>
    /// <param name="files">Its files.</param>
    /// <param name="cancellationToken">The call's.</param>
    public static async Task<IEnumerable<GeneratedImage>> OfAsync(JobPicture picture, Job job, JobFiles files, CancellationToken cancellationToken)
    {
        var about = ImagePieces.About(picture.Number, picture.Seed, picture.Size, GenerateTranslation.ToWire(job.Request.Format));
        if (picture.Fence < job.Fence)
        {
            return [ImagePieces.Absent(about, ImageAbsence.Discarded)];
        }
        if (picture.IsFiltered)
        {
            return [ImagePieces.Absent(about, ImageAbsence.Filtered)];
        }
        return await files.ReadAsync(job, picture, cancellationToken) is { IsEmpty: false } file
            ? ImagePieces.Of(about, file)
            : [ImagePieces.Absent(about, ImageAbsence.Gone)];
    }
}
