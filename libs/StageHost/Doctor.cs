using Microsoft.Extensions.Configuration;
using QwenMesh.ServiceDefaults;
using QwenMesh.Tensors;

namespace QwenMesh.StageHost;

/// <summary>"doctor" in place of a service's start: tells what the configured engine finds on this machine and what is missing.</summary>
public static class Doctor
{
    public const string Command = "doctor";

    /// <summary>Prints the findings when the first argument asks for them.</summary>
    /// <returns>Null when it does not; else the exit code, 1 when something is missing.</returns>
    public static int? Run(string[] args, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(args);
        ArgumentNullException.ThrowIfNull(output);
        if (args is not [Command, .. var rest])
        {
            return null;
        }
        var options = new EngineHostOptions();
        var configuration = ServiceHost.CreateBuilder(rest).Configuration;
        configuration.GetSection(EngineHostOptions.Section).Bind(options);
        options.AddTorchSection(configuration);
        var faults = options.Validate().ToArray();
        if (faults.Length > 0)
        {
            output.WriteLine(string.Join(Environment.NewLine, faults));
            return 1;
        }
        output.WriteLine($"Device {options.Device}");
        var findings = TensorEngines.Examine(options.ToEngineOptions(threads: null));
        foreach (var finding in findings)
        {
            output.WriteLine($"  {(finding.IsMissing ? "✗" : "✓")} {finding.Name,-12} {finding.Value}");
        }
        return findings.Any(finding => finding.IsMissing) ? 1 : 0;
    }
}
