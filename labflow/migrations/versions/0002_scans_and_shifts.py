"""What was scanned and what had to stop, codes out of use, and the shifts in which a badge alone signs in."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _scans()
    _stops()
    op.create_table(
        "retired_codes",
        sa.Column("code", sa.String(length=9), nullable=False),
        sa.Column("sample_id", sa.Integer(), nullable=False),
        sa.Column("replaced_by", sa.String(length=9), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("retired_by", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_retired_codes_retired_names_why")),
        sa.ForeignKeyConstraint(["sample_id"], ["samples.id"], name=op.f("fk_retired_codes_sample_id")),
        sa.ForeignKeyConstraint(["retired_by"], ["staff.id"], name=op.f("fk_retired_codes_retired_by")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_retired_codes")),
    )
    op.create_index(op.f("ix_retired_codes_sample_id"), "retired_codes", ["sample_id"], unique=False)
    op.create_table(
        "shifts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("station_hash", sa.LargeBinary(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_shifts_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shifts")),
    )
    op.create_index(op.f("ix_shifts_staff_id"), "shifts", ["staff_id"], unique=False)
    op.create_index("ix_shifts_station", "shifts", ["station_hash", "staff_id"], unique=False)


def _scans() -> None:
    op.create_table(
        "scans",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=True),
        sa.Column("place", sa.String(length=9), nullable=True),
        sa.Column("code", sa.String(length=9), nullable=False),
        sa.Column("read_by", sa.String(length=32), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("rule", sa.String(length=60), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("lot", sa.Uuid(), nullable=True),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("undone_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("read_by IN ('scanned', 'camera', 'typed')", name=op.f("ck_scans_read_by")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_scans_staff_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_scans")),
    )
    op.create_index("ix_scans_recorded_at", "scans", ["recorded_at"], unique=False)


def _stops() -> None:
    op.create_table(
        "stops",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=9), nullable=False),
        sa.Column("rule", sa.String(length=60), nullable=False),
        sa.Column("place", sa.String(length=9), nullable=True),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("sample_id", sa.Integer(), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.Integer(), nullable=True),
        sa.Column("resolved_with", sa.String(length=9), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(resolved_at IS NULL) = (resolved_by IS NULL)", name=op.f("ck_stops_resolved_names_who")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_stops_case_id")),
        sa.ForeignKeyConstraint(["resolved_by"], ["staff.id"], name=op.f("fk_stops_resolved_by")),
        sa.ForeignKeyConstraint(["sample_id"], ["samples.id"], name=op.f("fk_stops_sample_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_stops_staff_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_stops")),
    )
    op.create_index(
        "ix_stops_standing",
        "stops",
        ["staff_id"],
        unique=False,
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("shifts")
    op.drop_table("retired_codes")
    op.drop_table("stops")
    op.drop_table("scans")
