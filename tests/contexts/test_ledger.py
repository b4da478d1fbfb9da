from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from labflow import custody, ledger
from labflow.custody import CustodyKind
from labflow.foundation.act import Act
from labflow.foundation.database import Database
from labflow.ledger import AlreadyRecorded

from ..conftest import MakeAct

FIRST, SECOND = UUID(int=1), UUID(int=2)
TRIGGERS = {
    "sqlite": ["DROP TRIGGER entries_refuse_update", "DROP TRIGGER entries_refuse_delete"],
    "postgresql": ["DROP TRIGGER entries_refuse_change ON entries"],
}


def grown(database: Database, make_act: MakeAct, entries: int = 3) -> list[int]:
    """Two chains with this many entries each."""
    with database.writing() as session:
        chains = ledger.open_chains(session, [FIRST, SECOND])
    for _ in range(entries):
        with database.writing() as session:
            custody.record(session, chains, CustodyKind.TAKEN, act=make_act(), holder="HX", details={"n": 1})
    return chains


def checked(database: Database) -> ledger.Check:
    with database.reading() as session:
        return ledger.check(session)


def forge(database: Database, statement: str) -> None:
    """Change stored rows behind labflow's back, with the triggers dropped."""
    with database.writing() as session:
        for drop in TRIGGERS[database.dialect]:
            session.connection().execute(sa.text(drop))
        session.connection().execute(sa.text(statement))


def test_an_honest_ledger_has_no_faults(database: Database, make_act: MakeAct) -> None:
    grown(database, make_act)
    assert checked(database) == ledger.Check(chains=2, entries=6, faults=())


def test_entries_build_on_each_other(database: Database, make_act: MakeAct) -> None:
    [chain, _] = grown(database, make_act)
    with database.reading() as session:
        entries = ledger.entries(session, chain)
        end = ledger.ends(session, [chain])[chain]
    assert [entry.number for entry in entries] == [1, 2, 3]
    assert entries[1].body.find(entries[0].leaf_hash.hex().encode()) > 0
    assert (end.length, end.head) == (3, entries[-1].leaf_hash)


@pytest.mark.parametrize("change", ["UPDATE entries SET actor = 'HZZ'", "DELETE FROM entries"])
def test_the_database_refuses_to_change_an_entry(database: Database, make_act: MakeAct, change: str) -> None:
    grown(database, make_act)
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), database.writing() as session:
        session.connection().execute(sa.text(change))
    assert checked(database).entries == 6


@pytest.mark.parametrize(
    ("statement", "number", "what"),
    [
        ("UPDATE entries SET actor = 'HZZ' WHERE chain_id = 1 AND number = 2", 2, "actor"),
        ("UPDATE entries SET holder = 'HZZ' WHERE chain_id = 1 AND number = 2", 2, "holder"),
        ("UPDATE entries SET kind = 'arrived' WHERE chain_id = 1 AND number = 1", 1, "type"),
        ("UPDATE entries SET payload = '{}' WHERE chain_id = 1 AND number = 3", 3, "details"),
        ("UPDATE entries SET occurred_at = '2020-01-01' WHERE chain_id = 1 AND number = 2", 2, "occurred_at"),
        ("DELETE FROM entries WHERE chain_id = 1 AND number = 2", 2, "missing"),
        ("DELETE FROM entries WHERE chain_id = 1 AND number = 3", 3, "ends here"),
        ("DELETE FROM entries WHERE chain_id = 1", 1, "ends here"),
        ("UPDATE chains SET length = 2 WHERE id = 1", 4, "ends here"),
    ],
)
def test_the_first_forged_entry_is_named(
    database: Database, make_act: MakeAct, statement: str, number: int, what: str
) -> None:
    grown(database, make_act)
    forge(database, statement)
    [fault] = checked(database).faults
    assert (fault.chain, fault.number) == (str(FIRST), number)
    assert what in fault.what


def test_changed_bytes_are_named(database: Database, make_act: MakeAct) -> None:
    [chain, _] = grown(database, make_act)
    with database.reading() as session:
        body = ledger.entries(session, chain)[1].body
    changed = body.replace(b'"HX"', b'"HY"')
    with database.writing() as session:
        for drop in TRIGGERS[database.dialect]:
            session.connection().execute(sa.text(drop))
        session.connection().execute(
            sa.text("UPDATE entries SET body = :body WHERE chain_id = :chain AND number = 2"),
            {"body": changed, "chain": chain},
        )
    [fault] = checked(database).faults
    assert (fault.number, fault.what) == (2, "its bytes were changed")


def test_the_same_act_is_recorded_once(database: Database, act: Act) -> None:
    def record(session: Session) -> None:
        custody.record(session, chains, CustodyKind.TAKEN, act=act, holder="HX")

    with database.writing() as session:
        chains = ledger.open_chains(session, [FIRST])
        record(session)
    with pytest.raises(AlreadyRecorded), database.writing() as session:
        record(session)
    assert checked(database).entries == 1


def test_an_entry_keeps_the_holder_and_place_it_does_not_change(
    database: Database, make_act: MakeAct
) -> None:
    with database.writing() as session:
        chains = ledger.open_chains(session, [FIRST])
        custody.record(session, chains, CustodyKind.ARRIVED, act=make_act(), holder="HX", place="PX")
        custody.record(session, chains, CustodyKind.ACCEPTED, act=make_act())
    with database.reading() as session:
        position = custody.position(session, chains)[chains[0]]
    assert (position.holder, position.place, position.kind) == ("HX", "PX", CustodyKind.ACCEPTED)
