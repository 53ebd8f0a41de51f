using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Pictures;
using QwenMesh.ServiceDefaults;

namespace QwenMesh.Gateway.Files;

/// <summary>Registers where files are kept and the routes that lead to them. <see cref="ISigningKeys"/> comes from elsewhere.</summary>
internal static class FileRegistration
{
    public static void AddFiles(this IServiceCollection services)
    {
        services.AddValidatedOptions<FilesOptions>(FilesOptions.Section, options => options.Validate()).PostConfigure<IConfiguration>(
            (options, configuration) => options.Folder = options.Folder.Length > 0 ? options.Folder : Path.Combine(DataFolder.Of(configuration["Jobs:Folder"]), "blobs"));
        services.AddSingleton<IBlobStore>(provider =>
        {
            var options = provider.GetRequiredService<IOptions<FilesOptions>>().Value;
            return options.Bucket.Length > 0 ? new S3Blobs(options) : new FolderBlobs(options.Folder);
        });
        services.AddSingleton<FileUrls>().AddSingleton<Uploads>().AddSingleton<FileRoutes>().AddSingleton<UploadRoutes>();
        services.AddSingleton<IOwnFiles, OwnFiles>();
        services.AddHostedService<UploadSweep>();
    }

    /// <summary>Maps /files/.</summary>
    public static void MapFiles(this WebApplication app)
    {
        app.Services.GetRequiredService<FileRoutes>().Map(app);
        app.Services.GetRequiredService<UploadRoutes>().Map(app);
    }
}
