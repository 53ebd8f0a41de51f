using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using QwenMesh.Gateway.Planning;

namespace QwenMesh.Gateway.Orchestration;

/// <summary>What latents depend on, as one number: those of another plan must not be gone on from, e.g. after the weights were exchanged.</summary>
internal static class CheckpointPlan
{
    /// <returns>SHA-256 in lower-case hexadecimal.</returns>
    public static string Of(GenerationPlan plan, PictureCalls picture)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(picture.Denoise.ToByteArray());
        hash.AppendData(plan.Encode.Parameters.ToByteArray());
        foreach (var model in new[] { plan.Model.Encoder, plan.Model.Denoiser, plan.Model.Vae })
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{model.Fingerprint}\n{model.ComputeDtype}\n"));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
