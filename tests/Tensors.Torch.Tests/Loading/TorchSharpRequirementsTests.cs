namespace QwenMesh.Tensors.Torch.Tests.Loading;

public class TorchSharpRequirementsTests
{
    private static readonly LibTorchVersion Fitting = new(2, 10, 0);

    [Fact]
    public void All_that_is_missing_is_named_before_anything_is_loaded()
    {
        Assert.Null(TorchSharpRequirements.Missing(Fitting, hasCppVersion: true, hasFile: true));
        Assert.Contains("LibTorch 2.10.0 alone", Reason(new LibTorchVersion(2, 14, 1), true, true), StringComparison.Ordinal);
        Assert.Contains("GLIBCXX_3.4.32", Reason(Fitting, false, true), StringComparison.Ordinal);
        Assert.Contains("libLibTorchSharp.so", Reason(Fitting, true, false), StringComparison.Ordinal);

        static string Reason(LibTorchVersion version, bool hasCppVersion, bool hasFile) =>
            TorchSharpRequirements.Missing(version, hasCppVersion, hasFile) ?? "nothing is missing";
    }

    [Fact]
    public void Without_it_the_stable_interface_is_taken_and_the_reason_told()
    {
        var library = TorchEngines.Loaded();
        var reason = TorchSharpRequirements.Missing(library.Version);
        using var engine = TorchEngines.Open(TorchBinding.Auto);
        Assert.Contains(reason ?? "TorchSharp", engine.Description, StringComparison.Ordinal);
        Assert.Equal(reason is not null, engine.Aten.Binding == "stable");
    }

    [Fact]
    public void Asked_for_where_it_cannot_work_it_is_refused()
    {
        var library = TorchEngines.Loaded();
        Assert.SkipWhen(TorchSharpRequirements.Missing(library.Version) is null, "TorchSharp works here");
        var refused = Assert.Throws<EngineUnavailableException>(() => TensorEngines.Open(new EngineOptions
        {
            Device = "torch:cpu",
            Settings = TorchEngines.Settings(("Binding", "torchsharp")),
        }));
        Assert.Contains("TorchSharp", refused.Message, StringComparison.Ordinal);
    }
}
