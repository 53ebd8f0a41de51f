using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace QwenMesh.Gateway.Jobs.Store;

/// <summary>The tables, the same in both databases. <see cref="Migrations.Initial"/> makes them; a test holds the two together.</summary>
internal sealed class JobsDb(DbContextOptions<JobsDb> options) : DbContext(options)
{
    public DbSet<JobRow> Jobs => Set<JobRow>();

    public DbSet<JobEventRow> Events => Set<JobEventRow>();

    public DbSet<WebhookRow> Webhooks => Set<WebhookRow>();

    public DbSet<AuditRow> Audit => Set<AuditRow>();

    public DbSet<SecretRow> Secrets => Set<SecretRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<JobRow>(job =>
        {
            job.ToTable("jobs").HasKey(row => row.Id);
            job.HasIndex(row => new { row.Owner, row.Dialect, row.IdempotencyKey }).IsUnique().HasFilter("idempotency_key IS NOT NULL").HasDatabaseName("jobs_idempotency");
            // The queue: what waits, in the order in which it is taken.
            job.HasIndex(row => new { row.Priority, row.Id }).IsDescending(true, false).HasFilter("state = 0").HasDatabaseName("jobs_queue");
            job.HasIndex(row => row.LeaseUntil).HasFilter("state = 1").HasDatabaseName("jobs_leases");
            job.HasIndex(row => row.ExpiresAt).HasFilter("state >= 2").HasDatabaseName("jobs_expiry");
            job.HasIndex(row => new { row.State, row.Units }).HasFilter("state < 2").HasDatabaseName("jobs_load");
            job.HasIndex(row => new { row.Owner, row.Id }).HasDatabaseName("jobs_history");
            job.HasIndex(row => new { row.Owner, row.Dialect, row.EndedAt }).HasDatabaseName("jobs_ends");
        });
        modelBuilder.Entity<JobEventRow>(happened =>
        {
            happened.ToTable("job_events").HasKey(row => new { row.JobId, row.Number });
            happened.HasOne<JobRow>().WithMany().HasForeignKey(row => row.JobId).HasConstraintName("job_events_job");
        });
        modelBuilder.Entity<WebhookRow>(webhook =>
        {
            webhook.ToTable("webhooks").HasKey(row => row.Id);
            webhook.HasOne<JobRow>().WithMany().HasForeignKey(row => row.JobId).HasConstraintName("webhooks_job");
            webhook.HasIndex(row => row.JobId).HasDatabaseName("webhooks_of_job");
            webhook.HasIndex(row => row.DueAt).HasFilter("due_at IS NOT NULL").HasDatabaseName("webhooks_due");
        });
        modelBuilder.Entity<AuditRow>().ToTable("audit").HasKey(row => row.Id);
        modelBuilder.Entity<SecretRow>().ToTable("secrets").HasKey(row => row.Name);
        foreach (var property in modelBuilder.Model.GetEntityTypes().SelectMany(entity => entity.GetProperties()))
        {
            property.SetColumnName(Column(property));
        }
    }

    // LeaseUntil is lease_until.
    private static string Column(IReadOnlyProperty property) =>
        string.Concat(property.Name.Select((letter, index) => char.IsUpper(letter) ? (index > 0 ? "_" : "") + char.ToLowerInvariant(letter) : $"{letter}"));
}
