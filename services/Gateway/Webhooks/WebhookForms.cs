using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Webhooks;

/// <summary>The dialects' forms; jobs of a dialect without one are told in the Gateway's own.</summary>
internal sealed class WebhookForms(IEnumerable<IWebhookForm> forms)
{
    private readonly Dictionary<string, IWebhookForm> _forms = forms.ToDictionary(form => form.Dialect, StringComparer.Ordinal);

    public IWebhookForm Of(Job job) => _forms.GetValueOrDefault(job.Dialect) ?? _forms[""];
}
