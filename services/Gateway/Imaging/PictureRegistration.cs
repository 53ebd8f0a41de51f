using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Imaging;

/// <summary>Who reads and who writes image files; exchange either here.</summary>
internal static class PictureRegistration
{
    public static void AddPictures(this IServiceCollection services)
    {
        services.AddSingleton<IPictureDecoder, VipsDecoder>().AddSingleton<IPictureEncoder, VipsEncoder>();
        services.AddSingleton<PictureWriter>();
        services.AddHostedService<PictureWarmUp>();
    }
}
