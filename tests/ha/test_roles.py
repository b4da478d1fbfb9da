"""Who signs in as the web server cannot change evidence, and the owner meets the triggers."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from .laboratory import Ward

_FIRST_COLUMN = {
    "entries": "id",
    "leaves": "log_id",
    "logs": "id",
    "checkpoints": "log_id",
    "alembic_version": "version_num",
}


@pytest.mark.parametrize("table", _FIRST_COLUMN)
@pytest.mark.parametrize(
    "order", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0}", "DROP TABLE {0}"]
)
def test_the_web_servers_role_may_not_change_evidence(ward: Ward, table: str, order: str) -> None:
    with signed_in(ward, "labflow_web") as connection:
        column = _FIRST_COLUMN[table]
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(order.format(table, column))


@pytest.mark.parametrize(
    "order", ["UPDATE entries SET kind = kind", "DELETE FROM entries", "TRUNCATE entries CASCADE"]
)
def test_triggers_refuse_the_owner_too(ward: Ward, order: str) -> None:
    with signed_in(ward, "labflow_owner") as connection, pytest.raises(errors.RaiseException):
        connection.execute(order)


def signed_in(ward: Ward, role: str) -> psycopg.Connection:
    """A connection to the leader, as this role."""
    return psycopg.connect(ward.cluster.url(role).replace("postgresql+psycopg", "postgresql"))
