"""Print jobs with their labels, and downtime kits with the codes reserved for them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _print_jobs()
    _kits()


def _print_jobs() -> None:
    op.create_table(
        "print_jobs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Uuid(), nullable=False),
        sa.Column("state", _words("job_state", "queued", "printing", "printed", "failed"), nullable=False),
        sa.Column("printer", sa.String(length=20), nullable=True),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("place", sa.String(length=9), nullable=True),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.String(length=300), nullable=False),
        sa.Column("perhaps_twice", sa.Boolean(), nullable=False),
        sa.CheckConstraint("state <> 'failed' OR why <> ''", name=op.f("ck_print_jobs_failed_names_why")),
        sa.CheckConstraint(
            "state <> 'printing' OR lease_until IS NOT NULL", name=op.f("ck_print_jobs_printing_has_a_lease")
        ),
        sa.CheckConstraint(
            "state <> 'printed' OR finished_at IS NOT NULL", name=op.f("ck_print_jobs_printed_names_when")
        ),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_print_jobs_tries_not_negative")),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_print_jobs_asked_by")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_print_jobs_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_jobs")),
        sa.UniqueConstraint("name", name=op.f("uq_print_jobs_name")),
    )
    op.create_index(op.f("ix_print_jobs_case_id"), "print_jobs", ["case_id"], unique=False)
    op.create_index(
        "ix_print_jobs_to_print",
        "print_jobs",
        ["printer", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('queued', 'printing')"),
        postgresql_where=sa.text("state IN ('queued', 'printing')"),
    )
    op.create_table(
        "print_job_labels",
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=9), nullable=False),
        sa.Column("design", sa.String(length=20), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.CheckConstraint("copies BETWEEN 1 AND 9", name=op.f("ck_print_job_labels_copies_one_to_nine")),
        sa.ForeignKeyConstraint(["job_id"], ["print_jobs.id"], name=op.f("fk_print_job_labels_job_id")),
        sa.PrimaryKeyConstraint("job_id", "position", name=op.f("pk_print_job_labels")),
    )


def _kits() -> None:
    op.create_table(
        "reserved_codes",
        sa.Column("code", sa.String(length=9), nullable=False),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_reserved_codes")),
    )
    op.create_table(
        "downtime_kits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("state", _words("kit_state", "open", "in_use", "reconciled"), nullable=False),
        sa.Column("place", sa.String(length=9), nullable=True),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reconciled_by", sa.Integer(), nullable=True),
        sa.Column("reconciled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'reconciled') = (reconciled_at IS NOT NULL)",
            name=op.f("ck_downtime_kits_reconciled_names_when"),
        ),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_downtime_kits_made_by")),
        sa.ForeignKeyConstraint(["reconciled_by"], ["staff.id"], name=op.f("fk_downtime_kits_reconciled_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_downtime_kits")),
        sa.UniqueConstraint("number", name=op.f("uq_downtime_kits_number")),
    )
    op.create_table(
        "kit_labels",
        sa.Column("code", sa.String(length=9), nullable=False),
        sa.Column("kit_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("container", sa.String(length=40), nullable=False),
        sa.Column("sample_id", sa.Integer(), nullable=True),
        sa.Column("used_by", sa.Integer(), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(used_at IS NULL) = (sample_id IS NULL)", name=op.f("ck_kit_labels_used_names_sample")
        ),
        sa.CheckConstraint(
            "(used_at IS NULL) = (used_by IS NULL)", name=op.f("ck_kit_labels_used_names_who")
        ),
        sa.CheckConstraint("used_at IS NULL OR voided_at IS NULL", name=op.f("ck_kit_labels_used_or_voided")),
        sa.ForeignKeyConstraint(["code"], ["reserved_codes.code"], name=op.f("fk_kit_labels_code")),
        sa.ForeignKeyConstraint(["kit_id"], ["downtime_kits.id"], name=op.f("fk_kit_labels_kit_id")),
        sa.ForeignKeyConstraint(["sample_id"], ["samples.id"], name=op.f("fk_kit_labels_sample_id")),
        sa.ForeignKeyConstraint(["used_by"], ["staff.id"], name=op.f("fk_kit_labels_used_by")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_kit_labels")),
        sa.UniqueConstraint("kit_id", "position", name=op.f("uq_kit_labels_kit_id_position")),
        sa.UniqueConstraint("sample_id", name=op.f("uq_kit_labels_sample_id")),
    )


def _words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def downgrade() -> None:
    op.drop_table("kit_labels")
    op.drop_table("downtime_kits")
    op.drop_table("reserved_codes")
    op.drop_table("print_job_labels")
    op.drop_index(
        "ix_print_jobs_to_print",
        table_name="print_jobs",
        sqlite_where=sa.text("state IN ('queued', 'printing')"),
        postgresql_where=sa.text("state IN ('queued', 'printing')"),
    )
    op.drop_index(op.f("ix_print_jobs_case_id"), table_name="print_jobs")
    op.drop_table("print_jobs")
