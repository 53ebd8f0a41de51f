using Microsoft.AspNetCore.Builder;

namespace QwenMesh.ServiceDefaults;

/// <summary>The host that every service starts from.</summary>
public static class ServiceHost
{
    /// <summary>
    /// A builder whose content root is the program's folder, and whose configuration files are read once. By default the content root is the working
    /// directory, which systemd and containers set to "/": watching all of it for changed files ended the process with a stack overflow.
    /// </summary>
    /// <param name="args">The program's arguments; they override appsettings.json and the environment.</param>
    public static WebApplicationBuilder CreateBuilder(string[] args) => WebApplication.CreateBuilder(new WebApplicationOptions
    {
        Args = ["--hostBuilder:reloadConfigOnChange=false", .. args],
        ContentRootPath = AppContext.BaseDirectory,
    });
}
