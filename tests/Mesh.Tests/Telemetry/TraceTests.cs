namespace QwenMesh.Mesh.Tests.Telemetry;

/// <summary>The traces as an OTLP endpoint sees them.</summary>
[Collection(TracedMeshCollection.Name)]
public sealed class TraceTests(TracedMesh mesh)
{
    [Fact]
    public void A_generation_is_one_trace_over_four_processes()
    {
        var trace = mesh.Collector.Trace(mesh.Picture);
        Assert.True(TracedMesh.IsWhole(trace, TracedMesh.Services));
        Assert.Contains("|POST /v1/infer|", Names(trace, "gateway"), StringComparison.Ordinal);
        Assert.Contains("|qwenmesh.v1.EncoderStage/Encode|", Names(trace, "encoder"), StringComparison.Ordinal);
        Assert.Contains("|denoiser.run|", Names(trace, "denoiser"), StringComparison.Ordinal);
        Assert.Contains("|vae.decode|", Names(trace, "vae"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("qwenmesh.v1.EncoderStage/Encode", "encode", 1)]
    [InlineData("qwenmesh.v1.DenoiserStage/Denoise", "denoise", 1)]
    [InlineData("qwenmesh.v1.VaeStage/Decode", "decode", 1)]
    public void A_call_joins_the_gateways_span_of_the_stage_and_the_stages_own(string method, string stage, int calls)
    {
        var trace = mesh.Collector.Trace(mesh.Picture);
        var parents = trace.ToDictionary(span => span.SpanId);
        var served = trace.Where(span => span.Source == "Microsoft.AspNetCore" && span.Name == method).ToArray();
        Assert.Equal(calls, served.Length);
        Assert.All(served, span =>
        {
            var request = parents[span.ParentId];
            var call = parents[request.ParentId];
            Assert.Equal(("System.Net.Http", "POST"), (request.Source, request.Name));
            Assert.Equal(("OpenTelemetry.Instrumentation.GrpcNetClient", method), (call.Source, call.Name));
            Assert.Equal(("QwenMesh.Gateway", stage), (parents[call.ParentId].Source, parents[call.ParentId].Name));
        });
    }

    [Fact]
    public void A_jobs_wait_its_attempt_and_their_transactions_are_in_the_trace_of_the_request()
    {
        var trace = mesh.Collector.Trace(mesh.Picture);
        ExportedSpan Own(string name) => Assert.Single(trace, span => span.Source == "QwenMesh.Gateway" && span.Name == name);
        var request = Assert.Single(trace, span => span.Name == "POST /v1/infer");
        Assert.Equal(request.SpanId, Own("queue").ParentId);
        Assert.Equal(request.SpanId, Own("job").ParentId);
        var stored = trace.Where(span => span.Name == "store").Select(span => span.ParentId).ToArray();
        Assert.Contains(request.SpanId, stored); // It was accepted,
        Assert.Contains(Own("job").SpanId, stored); // and it has ended.
    }

    [Fact]
    public void Probes_and_the_gateways_own_questions_make_no_span()
    {
        var others = mesh.Collector.Spans.Where(span => span.TraceId != mesh.Picture && span.TraceId != mesh.Ingress);
        Assert.All(others, span => Assert.Equal(("QwenMesh.Encoder", "encoder"), (span.Source, span.Service)));
    }

    private static string Names(ExportedSpan[] trace, string service) =>
        $"|{string.Join('|', trace.Where(span => span.Service == service).Select(span => span.Name).Order())}|";
}
