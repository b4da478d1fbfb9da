"""Samples that are overdue are noticed once and escalated once."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_STANDING = sa.text("settled_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "overdue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sample_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "hand_over",
                "receipt",
                "viability",
                name="overdue_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["sample_id"], ["samples.id"], name=op.f("fk_overdue_sample_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overdue")),
        sa.UniqueConstraint("sample_id", "kind", "due_at", name=op.f("uq_overdue_sample_id_kind_due_at")),
    )
    op.create_index(
        "ix_overdue_standing",
        "overdue",
        ["due_at"],
        unique=False,
        sqlite_where=_STANDING,
        postgresql_where=_STANDING,
    )


def downgrade() -> None:
    op.drop_table("overdue")
