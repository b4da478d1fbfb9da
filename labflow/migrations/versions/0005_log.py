"""The transparency log: where entries stand in its tree, and its signed checkpoints."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ENTRY_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SQLITE_TRIGGERS = (
    "CREATE TRIGGER leaves_refuse_update BEFORE UPDATE ON leaves "
    "BEGIN SELECT RAISE(ABORT, 'leaves are append-only'); END",
    "CREATE TRIGGER leaves_refuse_delete BEFORE DELETE ON leaves "
    "BEGIN SELECT RAISE(ABORT, 'leaves are append-only'); END",
)
_POSTGRESQL_TRIGGERS = (
    "CREATE FUNCTION leaves_are_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'leaves are append-only'; END $$",
    "CREATE TRIGGER leaves_refuse_change BEFORE UPDATE OR DELETE ON leaves "
    "FOR EACH ROW EXECUTE FUNCTION leaves_are_append_only()",
    "CREATE TRIGGER leaves_refuse_truncate BEFORE TRUNCATE ON leaves "
    "FOR EACH STATEMENT EXECUTE FUNCTION leaves_are_append_only()",
)


def upgrade() -> None:
    op.create_table(
        "logs",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("origin", sa.String(length=200), nullable=False),
        sa.Column("verifier_key", sa.String(length=300), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logs")),
        sa.UniqueConstraint("origin", name=op.f("uq_logs_origin")),
    )
    _leaves_and_checkpoints()
    for statement in _SQLITE_TRIGGERS if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL_TRIGGERS:
        op.execute(statement)


def _leaves_and_checkpoints() -> None:
    op.create_table(
        "leaves",
        sa.Column("log_id", sa.Integer(), nullable=False),
        sa.Column("leaf_index", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", _ENTRY_ID, nullable=False),
        sa.CheckConstraint("leaf_index >= 0", name=op.f("ck_leaves_index_not_negative")),
        sa.ForeignKeyConstraint(["log_id"], ["logs.id"], name=op.f("fk_leaves_log_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_leaves_entry_id")),
        sa.PrimaryKeyConstraint("log_id", "leaf_index", name=op.f("pk_leaves")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_leaves_entry_id")),
    )
    op.create_table(
        "checkpoints",
        sa.Column("log_id", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["log_id"], ["logs.id"], name=op.f("fk_checkpoints_log_id")),
        sa.PrimaryKeyConstraint("log_id", "size", name=op.f("pk_checkpoints")),
    )


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP TRIGGER leaves_refuse_change ON leaves")
        op.execute("DROP TRIGGER leaves_refuse_truncate ON leaves")
        op.execute("DROP FUNCTION leaves_are_append_only()")
    for table in ("checkpoints", "leaves", "logs"):
        op.drop_table(table)
