"""Racks are checked, what a bag or rack was closed without says so until found; samples are ticked in lists."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_MISSING = sa.text("missing_at IS NOT NULL AND out_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("bags") as bags:
        bags.add_column(sa.Column("check_began_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("bag_samples") as stays:
        stays.add_column(sa.Column("repacked", sa.Boolean(), nullable=False, server_default=sa.false()))
        stays.add_column(sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))
        stays.add_column(sa.Column("missing_at", sa.DateTime(timezone=True), nullable=True))
        stays.add_column(sa.Column("missing_reason", sa.String(length=40), nullable=True))
    _name_what_is_missing()
    _allow_ways_of_reading("scanned", "camera", "typed", "ticked")
    with op.batch_alter_table("bag_samples") as stays:
        stays.alter_column("repacked", server_default=None)
        stays.create_check_constraint(
            op.f("ck_bag_samples_missing_names_why"), "(missing_at IS NULL) = (missing_reason IS NULL)"
        )
    op.create_index(
        "ix_bag_samples_missing",
        "bag_samples",
        ["missing_at", "id"],
        unique=False,
        sqlite_where=_MISSING,
        postgresql_where=_MISSING,
    )


def _allow_ways_of_reading(*ways: str) -> None:
    words = ", ".join(f"'{way}'" for way in ways)
    with op.batch_alter_table("scans") as scans:
        scans.drop_constraint(op.f("ck_scans_read_by"), type_="check")
        scans.create_check_constraint(op.f("ck_scans_read_by"), f"read_by IN ({words})")


def _name_what_is_missing() -> None:
    """Bags that were closed before this say so of each sample that never came out."""
    bags = sa.table(
        "bags", sa.column("id"), sa.column("state"), sa.column("reconciled_at"), sa.column("missing_reason")
    )
    stays = sa.table(
        "bag_samples",
        sa.column("bag_id"),
        sa.column("out_at"),
        sa.column("missing_at"),
        sa.column("missing_reason"),
    )
    closed = sa.select(bags.c.id).where(bags.c.state == "reconciled", bags.c.missing_reason.is_not(None))
    own = bags.c.id == stays.c.bag_id
    op.execute(
        sa.update(stays)
        .where(stays.c.out_at.is_(None), stays.c.bag_id.in_(closed))
        .values(
            missing_at=sa.select(bags.c.reconciled_at).where(own).scalar_subquery(),
            missing_reason=sa.select(bags.c.missing_reason).where(own).scalar_subquery(),
        )
    )


def downgrade() -> None:
    op.execute("DELETE FROM scans WHERE read_by = 'ticked'")
    _allow_ways_of_reading("scanned", "camera", "typed")
    op.drop_index("ix_bag_samples_missing", table_name="bag_samples")
    with op.batch_alter_table("bag_samples") as stays:
        stays.drop_constraint(op.f("ck_bag_samples_missing_names_why"), type_="check")
        stays.drop_column("missing_reason")
        stays.drop_column("missing_at")
        stays.drop_column("seen_at")
        stays.drop_column("repacked")
    with op.batch_alter_table("bags") as bags:
        bags.drop_column("check_began_at")
