"""Alembic's entry point: runs on the connection that labflow.migrations opened."""

from __future__ import annotations

from alembic import context

from labflow.migrations import all_tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=all_tables(),
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
