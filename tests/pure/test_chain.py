"""The bytes of entries."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from labflow.ledger import SALT_BYTES, End, Fact, extend
from labflow.ledger.chain import EMPTY_HEAD

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
MAYBE = st.none() | ANY_TEXT
A_UUID = UUID(int=7, version=4)
NINE_O_CLOCK = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@given(kind=ANY_TEXT, actor=ANY_TEXT, station=MAYBE, holder=MAYBE, place=MAYBE, note=ANY_TEXT)
def test_an_entrys_bytes_are_canonical_json_whatever_its_words(
    kind: str, actor: str, station: str | None, holder: str | None, place: str | None, note: str
) -> None:
    end = End(chain_id=1, name=A_UUID, length=0, head=EMPTY_HEAD, holder=place, place=holder)
    fact = Fact(
        event_id=A_UUID,
        kind=kind,
        actor=actor,
        station=station,
        occurred_at=NINE_O_CLOCK,
        recorded_at=NINE_O_CLOCK,
        holder=holder,
        place=place,
        payload={"note": note},
    )
    row, _ = extend(end, fact, salt=bytes(SALT_BYTES))
    assert rfc8785.dumps(json.loads(row["body"])) == row["body"]
