"""Whole sequences of scans, as people at a bench make them: what each is answered, and what it leaves."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labflow import ledger
from labflow.catalog import Catalog
from labflow.foundation.database import Database
from labflow.journeys.scanning import Word

from ..conftest import MakeAct
from .scan_world import ScanWorld

O, A, C, S = Word.OK, Word.ALREADY, Word.CHOOSE, Word.STOP  # noqa: E741
_SHORT = {"O": O, "A": A, "C": C, "S": S}

# What is scanned | a letter for each verdict | rule of the last | acts of s1 (or the sample named) after it
SEQUENCES = [
    # cards, places and the context
    ("take s1", "OO", "", "collected taken"),
    ("s1", "O", "", "collected"),
    ("theatre s1", "OO", "", "collected"),
    ("take hatch s1", "OOO", "", "collected taken"),
    ("take end s1", "OOO", "", "collected"),
    ("take receive s1", "OOC", "may-not-scan", "collected"),
    ("help s1", "OO", "", "collected"),
    ("take take s1", "OOO", "", "collected taken"),
    ("take #rita", "OC", "badge-scanned", "collected"),
    ("take rubbish", "OC", "unreadable-code", "collected"),
    ("take band", "OC", "not-a-sample", "collected"),
    ("take stranger", "OC", "unknown-sample", "collected"),
    # hand over and take
    ("hand_over s1", "OO", "", "collected dispatched"),
    ("hand_over s1 s1", "OOA", "", "collected dispatched"),
    ("hand_over s1 @paul take s1", "OOOO", "", "collected dispatched taken"),
    ("hand_over s1 @paul take s1 s1", "OOOOA", "", "collected dispatched taken"),
    ("@paul take s1", "OO", "", "collected taken"),
    ("@paul hand_over s1", "OC", "held-by-somebody-else", "collected"),
    ("@paul take s1 hand_over s1", "OOOO", "", "collected taken dispatched"),
    ("hand_over u1", "OC", "not-labelled-yet", "u1: collected"),
    # receive, accept, reject
    ("@rita receive s1", "OC", "place-needed", "collected"),
    ("@rita receive hatch s1", "OOO", "", "collected arrived"),
    ("@rita hatch receive s1 s1", "OOOA", "", "collected arrived"),
    ("@rita hatch receive u1", "OOC", "never-scanned-back", "u1: collected"),
    ("@rita hatch receive u1 u1=unconfirmed", "OOCO", "", "u1: collected arrived"),
    ("@rita hatch receive u1=unconfirmed accept u1", "OOOOC", "not-confirmed", "u1: collected arrived"),
    ("@rita hatch accept s1", "OOO", "", "collected arrived accepted"),
    ("@rita hatch receive s1 accept s1", "OOOOO", "", "collected arrived accepted"),
    ("@rita hatch accept s1 s1", "OOOA", "", "collected arrived accepted"),
    ("@paul hatch accept s1", "OOC", "may-not-scan", "collected"),
    ("@rita hatch reject s1", "OOC", "reason-needed", "collected"),
    ("@rita hatch reject s1 s1=CLOTTED", "OOCO", "", "collected arrived rejected"),
    ("@rita hatch Reject:_clotted s1", "OOO", "", "collected arrived rejected"),
    ("@rita hatch Reject:_clotted s1 s1", "OOOA", "", "collected arrived rejected"),
    ("@rita hatch Reject:_clotted s1 accept s1", "OOOOC", "step-out-of-order", "collected arrived rejected"),
    # scanning labels back
    ("~u scan_back u1", "OO", "", "u1: collected scanned_back"),
    ("~u scan_back u1 u2", "OOO", "", "u2: collected scanned_back"),
    ("~u scan_back u1 u1", "OOS", "two-labels-one-code", "u1: collected scanned_back"),
    ("~u scan_back u1 u2 u1", "OOOA", "", "u1: collected scanned_back"),
    ("~u scan_back x1", "OS", "wrong-patient", "x1: collected"),
    ("~s take x1", "OS", "wrong-patient", "x1: collected"),
    ("~u scan_back u1 hand_over u1", "OOOO", "", "u1: collected scanned_back dispatched"),
    # bags
    ("pack s1", "OC", "bag-needed", "collected"),
    ("pack bag s1", "OOO", "", "collected packed"),
    ("pack bag s1 s1", "OOOA", "", "collected packed"),
    ("pack bag s1 s2 hand_over bag", "OOOOOO", "", "collected packed dispatched"),
    ("pack bag s1 hand_over bag @paul take bag", "OOOOOOO", "", "collected packed dispatched taken"),
    ("hand_over bag", "OC", "unknown-bag", "collected"),
    ("pack bag hand_over bag", "OOOC", "empty-bag", "collected"),
    ("pack bag u1", "OOC", "not-labelled-yet", "u1: collected"),
    (
        "pack bag s1 s2 hand_over bag @rita hatch receive bag s1 end",
        "OOOOOOOOOOC",
        "why-missing",
        "collected packed dispatched arrived",
    ),
    (
        "pack bag s1 hand_over bag @rita hatch receive bag s1 end",
        "OOOOOOOOOO",
        "",
        "collected packed dispatched arrived",
    ),
    (
        "pack bag s1 s2 hand_over bag @rita hatch receive bag s1 end=NOT_IN_BAG receive s2",
        "OOOOOOOOOOOOC",
        "place-needed",
        "collected packed dispatched arrived",
    ),
    (
        "pack bag s1 s2 hand_over bag @rita hatch receive bag @paul bag end",
        "OOOOOOOOOOO",
        "",
        "collected packed dispatched",
    ),
    # the bench
    ("@rita hatch accept s1 @tina smears start s1", "OOOOOO", "", "collected arrived accepted step_started"),
    ("@tina smears start s1", "OOC", "unusable-sample", "collected"),
    (
        "@rita hatch accept s1 @tina smears start s1 finish s1",
        "OOOOOOOO",
        "",
        "collected arrived accepted step_started step_finished",
    ),
    (
        "@rita hatch accept s1 @tina smears finish s1",
        "OOOOOC",
        "step-out-of-order",
        "collected arrived accepted",
    ),
    (
        "@rita hatch accept s1 @tina smears hold s1 s1=INSTRUMENT",
        "OOOOOCO",
        "",
        "collected arrived accepted step_failed",
    ),
    (
        "@rita hatch accept s1 @tina smears Hold:_instrument s1",
        "OOOOOO",
        "",
        "collected arrived accepted step_failed",
    ),
    # the store
    ("@rita hatch accept s1 store s1", "OOOOC", "not-a-store", "collected arrived accepted"),
    ("@rita hatch accept s1 fridge store s1", "OOOOOO", "", "collected arrived accepted stored"),
    ("@rita hatch accept s1 fridge store s1 s1", "OOOOOOA", "", "collected arrived accepted stored"),
    (
        "@rita hatch accept s1 fridge store s1 hatch retrieve s1",
        "OOOOOOOOO",
        "",
        "collected arrived accepted stored retrieved",
    ),
    # undoing
    ("take undo", "OC", "nothing-to-undo", "collected"),
    ("take s1 undo", "OOO", "", "collected taken reversed"),
    ("take s1 undo s1", "OOOO", "", "collected taken reversed taken"),
    ("take s1 undo undo", "OOOC", "nothing-to-undo", "collected taken reversed"),
    ("take s1 +121s undo", "OOC", "nothing-to-undo", "collected taken"),
    ("take s1 theatre undo", "OOOC", "nothing-to-undo", "collected taken"),
    ("hand_over s1 @paul take s1 @olga undo", "OOOOC", "something-followed", "collected dispatched taken"),
    ("@rita hatch receive s1 undo s1", "OOOOO", "", "collected arrived reversed arrived"),
    ("@rita hatch accept s1 undo s1", "OOOOO", "", "collected arrived accepted reversed arrived accepted"),
]


# Rules are decided above the database, so PostgreSQL plays a cross-section of them.
ON_POSTGRESQL = SEQUENCES[::8]


def _named(rows: Sequence[tuple[str, str, str, str]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("words", "verdicts", "rule", "acts"), rows, ids=[row[0] for row in rows])


@_named(SEQUENCES)
def test_a_sequence_of_scans(
    sqlite_url: str, catalog: Catalog, make_act: MakeAct, words: str, verdicts: str, rule: str, acts: str
) -> None:
    _play(ScanWorld(Database(sqlite_url), catalog, make_act), words, verdicts, rule, acts)


@_named(ON_POSTGRESQL)
def test_a_sequence_of_scans_on_postgresql(
    postgresql_url: str, catalog: Catalog, make_act: MakeAct, words: str, verdicts: str, rule: str, acts: str
) -> None:
    database = Database(postgresql_url)
    _play(ScanWorld(database, catalog, make_act), words, verdicts, rule, acts)
    database.close()


def _play(world: ScanWorld, words: str, verdicts: str, rule: str, acts: str) -> None:
    found = world.play(words)
    told = [(one.title, one.rule) for one in found]
    assert [one.verdict for one in found] == [_SHORT[letter] for letter in verdicts], told
    assert found[-1].rule == rule
    name, _, kinds = acts.rpartition(": ")
    assert " ".join(world.kinds(name or "s1")) == kinds
    with world.database.reading() as session:
        assert ledger.check(session).faults == ()


STEPS = (
    *("take", "hand_over", "receive", "accept", "scan_back", "end", "hatch", "theatre", "undo"),
    *("s1", "s2", "u1", "x1", "s1", "u2", "rubbish", "stranger", "@olga", "@rita", "@paul"),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=12))
def test_a_verdict_is_a_function_of_context_code_and_stored_state(
    clean_world: ScanWorld, steps: list[str]
) -> None:
    """The same scan is foretold the same, whoever asks in between: nothing else decides."""
    world = clean_world
    for step in steps:
        if step.startswith("@"):
            world.play(step)
            continue
        one = world.next_scan(world.codes[step])
        foretold = world.rehearse([one])
        assert world.rehearse([one]) == foretold
        assert world.send([one]) == foretold
        assert world.send([one]) == foretold
        world.apply(foretold[0].sets)


@pytest.fixture
def clean_world(sqlite_url: str, catalog: Catalog, make_act: MakeAct) -> ScanWorld:
    """State goes on from example to example: any stored state will do."""
    return ScanWorld(Database(sqlite_url), catalog, make_act)
