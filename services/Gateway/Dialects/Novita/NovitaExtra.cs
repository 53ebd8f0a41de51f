using QwenMesh.Gateway.Dialects.Fields;

namespace QwenMesh.Gateway.Dialects.Novita;

/// <summary>The field "extra": whom the end is told, and whether it is a test of that.</summary>
/// <param name="Webhook">extra.webhook.url; null for none.</param>
/// <param name="Test">extra.webhook.test_mode's status, where it is enabled; else null.</param>
internal sealed record NovitaExtra(string? Webhook, string? Test)
{
    /// <summary>Notes in <paramref name="fields"/> what is wrong.</summary>
    /// <returns>What was read, and the fields that had no influence.</returns>
    /// <exception cref="DialectException">A strict Gateway refuses fields that it does not know.</exception>
    public static (NovitaExtra Extra, IReadOnlyList<string> Ignored) Read(BodyFields fields, Func<string, string?> webhooks, bool strict)
    {
        var extra = fields.Object("extra");
        var webhook = extra?.Object("webhook");
        var test = webhook?.Object("test_mode");
        var read = new NovitaExtra(webhook is null ? null : Address(webhook, webhooks), test is null ? null : Status(test));
        var ignored = new List<string>();
        foreach (var (path, nested) in new[] { ("extra", extra), ("extra.webhook", webhook), ("extra.webhook.test_mode", test) })
        {
            if (strict && nested?.Unknown.Any() == true)
            {
                nested.ThrowIfFaulty(strict);
            }
            ignored.AddRange(nested?.Unknown.Select(name => $"{path}.{name}") ?? []);
        }
        return (read, ignored);
    }

    private static string? Address(BodyFields webhook, Func<string, string?> webhooks)
    {
        var address = webhook.RequiredText("url", maxLength: int.MaxValue, minLength: 1);
        if (address.Length > 0 && webhooks(address) is { } reason)
        {
            webhook.Refuse("url", reason);
        }
        return address.Length > 0 ? address : null;
    }

    private static string? Status(BodyFields test)
    {
        var status = test.Choice("return_task_status", NovitaStatus.Succeeded, NovitaStatus.Failed);
        return test.Flag("enabled") == true ? status ?? NovitaStatus.Succeeded : null;
    }
}
