namespace QwenMesh.Mesh.Tests.Telemetry;

/// <param name="Service">service.name without "qwenmesh-".</param>
/// <param name="Tags">Their names, in order.</param>
internal sealed record ExportedSpan(
    string Service, string Source, string Name, string TraceId, string SpanId, string ParentId, IReadOnlyList<string> Tags, IReadOnlyList<ExportedEvent> Events);

internal sealed record ExportedEvent(string Name, IReadOnlyList<string> Tags);

/// <param name="Kind">"counter", "up-down counter", "gauge" or "histogram".</param>
/// <param name="Points">The names of each point's tags, in order.</param>
internal sealed record ExportedInstrument(
    string Service, string Meter, string Name, string Unit, string Kind, IReadOnlyList<IReadOnlyList<string>> Points);

/// <summary>Decodes what OTLP's exporters send; the field numbers are those of opentelemetry/proto.</summary>
internal static class OtlpMessages
{
    /// <summary>ExportTraceServiceRequest { resource_spans = 1 }; ResourceSpans { resource = 1, scope_spans = 2 }; ScopeSpans { scope = 1, spans = 2 }</summary>
    public static IEnumerable<ExportedSpan> Spans(ProtobufFields request) =>
        from resource in request.Messages(1)
        from scope in resource.Messages(2)
        from span in scope.Messages(2)
        select Span(ServiceName(resource), ScopeName(scope), span);

    /// <summary>ExportMetricsServiceRequest { resource_metrics = 1 }; ResourceMetrics { resource = 1, scope_metrics = 2 }; ScopeMetrics { scope = 1, metrics = 2 }</summary>
    public static IEnumerable<ExportedInstrument> Instruments(ProtobufFields request) =>
        from resource in request.Messages(1)
        from scope in resource.Messages(2)
        from metric in scope.Messages(2)
        select Instrument(ServiceName(resource), ScopeName(scope), metric);

    /// <summary>Names of the resource's attributes. Resource { attributes = 1 }</summary>
    public static IEnumerable<string> Resource(ProtobufFields request) =>
        request.Messages(1).SelectMany(resource => resource.Messages(1)).SelectMany(attributes => Keys(attributes, 1));

    // Span { trace_id = 1, span_id = 2, parent_span_id = 4, name = 5, attributes = 9, events = 11 }; Event { name = 2, attributes = 3 }
    private static ExportedSpan Span(string service, string source, ProtobufFields span) => new(
        service, source, span.Text(5), span.Hex(1), span.Hex(2), span.Hex(4), Keys(span, 9),
        [.. span.Messages(11).Select(happened => new ExportedEvent(happened.Text(2), Keys(happened, 3)))]);

    // Metric { name = 1, unit = 3, gauge = 5, sum = 7, histogram = 9 }; each { data_points = 1 }; Sum { is_monotonic = 3 }
    private static ExportedInstrument Instrument(string service, string meter, ProtobufFields metric)
    {
        var (data, kind) = metric switch
        {
            _ when metric.Has(5) => (metric.Messages(5).Single(), "gauge"),
            _ when metric.Has(9) => (metric.Messages(9).Single(), "histogram"),
            _ when metric.Messages(7).Single().Number(3) != 0 => (metric.Messages(7).Single(), "counter"),
            _ => (metric.Messages(7).Single(), "up-down counter"),
        };
        // NumberDataPoint { attributes = 7 }; HistogramDataPoint { attributes = 9 }
        var attributes = kind == "histogram" ? 9 : 7;
        return new(service, meter, metric.Text(1), metric.Text(3), kind, [.. data.Messages(1).Select(point => Keys(point, attributes))]);
    }

    // InstrumentationScope { name = 1 }
    private static string ScopeName(ProtobufFields scope) => scope.Messages(1).Single().Text(1);

    // KeyValue { key = 1, value = 2 }; AnyValue { string_value = 1 }
    private static string ServiceName(ProtobufFields resource) => resource.Messages(1).Single().Messages(1)
        .Single(attribute => attribute.Text(1) == "service.name").Messages(2).Single().Text(1)["qwenmesh-".Length..];

    private static string[] Keys(ProtobufFields message, int attributes) =>
        [.. message.Messages(attributes).Select(attribute => attribute.Text(1)).Order(StringComparer.Ordinal)];
}
