"""A person's roles and activity say when and by whom they were changed last."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("staff") as staff:
        staff.add_column(sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
        staff.add_column(sa.Column("changed_by", sa.Integer(), nullable=True))
        staff.create_foreign_key("fk_staff_changed_by", "staff", ["changed_by"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("staff") as staff:
        staff.drop_constraint("fk_staff_changed_by", type_="foreignkey")
        staff.drop_column("changed_by")
        staff.drop_column("changed_at")
