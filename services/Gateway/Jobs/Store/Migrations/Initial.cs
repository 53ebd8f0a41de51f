using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

namespace QwenMesh.Gateway.Jobs.Store.Migrations;

/// <summary>The first tables. Written by hand without types of columns, which each database chooses for itself.</summary>
[DbContext(typeof(JobsDb))]
[Migration("20261127000000_Initial")]
internal sealed class Initial : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        Jobs(migrationBuilder);
        Events(migrationBuilder);
        Webhooks(migrationBuilder);
        Others(migrationBuilder);
    }

    private static void Jobs(MigrationBuilder migration)
    {
        migration.CreateTable("jobs", table => new
        {
            id = table.Column<string>(),
            owner = table.Column<string>(),
            dialect = table.Column<string>(),
            idempotency_key = table.Column<string>(nullable: true),
            model = table.Column<string>(nullable: true),
            state = table.Column<int>(),
            cancel_requested = table.Column<bool>(),
            priority = table.Column<int>(),
            units = table.Column<long>(),
            attempts = table.Column<int>(),
            max_attempts = table.Column<int>(),
            losses = table.Column<int>(),
            fence = table.Column<long>(),
            gateway = table.Column<string>(nullable: true),
            claim_token = table.Column<long>(),
            lease_until = table.Column<long>(nullable: true),
            not_before = table.Column<long>(),
            deadline = table.Column<long>(),
            created_at = table.Column<long>(),
            started_at = table.Column<long>(nullable: true),
            ended_at = table.Column<long>(nullable: true),
            expires_at = table.Column<long>(),
            last_event = table.Column<long>(),
            steps_done = table.Column<int>(),
            steps_total = table.Column<int>(),
            steps = table.Column<string>(nullable: true),
            base_address = table.Column<string>(),
            trace_parent = table.Column<string>(nullable: true),
            webhook_address = table.Column<string>(nullable: true),
            webhook_on_start = table.Column<bool>(),
            webhook_on_end = table.Column<bool>(),
            request = table.Column<string>(),
            extra = table.Column<string>(nullable: true),
            result = table.Column<string>(nullable: true),
            fault = table.Column<string>(nullable: true),
        }, constraints: table => table.PrimaryKey("PK_jobs", row => row.id));
        migration.CreateIndex("jobs_idempotency", "jobs", ["owner", "dialect", "idempotency_key"], unique: true, filter: "idempotency_key IS NOT NULL");
        migration.CreateIndex("jobs_queue", "jobs", ["priority", "id"], descending: [true, false], filter: "state = 0");
        migration.CreateIndex("jobs_leases", "jobs", "lease_until", filter: "state = 1");
        migration.CreateIndex("jobs_expiry", "jobs", "expires_at", filter: "state >= 2");
        migration.CreateIndex("jobs_load", "jobs", ["state", "units"], filter: "state < 2");
        migration.CreateIndex("jobs_history", "jobs", ["owner", "id"]);
        migration.CreateIndex("jobs_ends", "jobs", ["owner", "dialect", "ended_at"]);
    }

    private static void Events(MigrationBuilder migration) => migration.CreateTable("job_events", table => new
    {
        job_id = table.Column<string>(),
        number = table.Column<long>(),
        at = table.Column<long>(),
        append_token = table.Column<long>(),
        data = table.Column<string>(),
    }, constraints: table =>
    {
        table.PrimaryKey("PK_job_events", row => new { row.job_id, row.number });
        table.ForeignKey("job_events_job", row => row.job_id, "jobs", "id", onDelete: ReferentialAction.Cascade);
    });

    private static void Webhooks(MigrationBuilder migration)
    {
        migration.CreateTable("webhooks", table => new
        {
            id = table.Column<long>()
                .Annotation("Sqlite:Autoincrement", true)
                .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
            job_id = table.Column<string>(),
            address = table.Column<string>(),
            is_start = table.Column<bool>(),
            attempt = table.Column<int>(),
            due_at = table.Column<long>(nullable: true),
            reason = table.Column<string>(nullable: true),
        }, constraints: table =>
        {
            table.PrimaryKey("PK_webhooks", row => row.id);
            table.ForeignKey("webhooks_job", row => row.job_id, "jobs", "id", onDelete: ReferentialAction.Cascade);
        });
        migration.CreateIndex("webhooks_of_job", "webhooks", "job_id");
        migration.CreateIndex("webhooks_due", "webhooks", "due_at", filter: "due_at IS NOT NULL");
    }

    private static void Others(MigrationBuilder migration)
    {
        migration.CreateTable("audit", table => new
        {
            id = table.Column<string>(),
            at = table.Column<long>(),
            owner = table.Column<string>(),
            job = table.Column<string>(nullable: true),
            subject = table.Column<string>(),
            rule = table.Column<string>(),
            digest = table.Column<string>(),
        }, constraints: table => table.PrimaryKey("PK_audit", row => row.id));
        migration.CreateTable("secrets", table => new
        {
            name = table.Column<string>(),
            value = table.Column<byte[]>(),
        }, constraints: table => table.PrimaryKey("PK_secrets", row => row.name));
    }
}
