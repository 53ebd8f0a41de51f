namespace QwenMesh.Load.Bench;

/// <param name="Name">As ./qwenmesh calls it.</param>
/// <param name="Id">Of the process.</param>
/// <param name="Metrics">Where it tells its metrics.</param>
internal sealed record ServiceProcess(string Name, int Id, Uri Metrics)
{
    /// <summary>A process that has ended has no command line, even while nobody has taken notice of its end.</summary>
    public bool IsAlive
    {
        get
        {
            try
            {
                return File.ReadAllText($"/proc/{Id}/cmdline").Length > 0;
            }
            catch (IOException)
            {
                return false;
            }
        }
    }
}
