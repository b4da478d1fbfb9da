from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from labflow import custody, ledger, samples
from labflow.catalog import Catalog
from labflow.custody import CustodyKind
from labflow.foundation.database import Database
from labflow.staff import Role

from ..conftest import MakeAct
from ..factories.cases import HATCH, MadeCase, make_case
from ..people import make_person
from .visitor import Visitor

TWELVE = ("EDTA",) * 12


class Hatch:
    """Somebody at reception with twelve labelled samples and two that nobody scanned back."""

    def __init__(self, database: Database, catalog: Catalog, visitor: Visitor, make_act: MakeAct) -> None:
        self.database = database
        rita = make_person(database, "rita", Role.RECEPTION, password=None)
        act, other = (make_act(by=rita.id, badge=rita.badge, at=datetime.now(UTC)) for _ in range(2))
        self.good: MadeCase = make_case(database, catalog, act, containers=TWELVE)
        self.bare: MadeCase = make_case(
            database, catalog, other, mrn="1000000002", containers=("EDTA", "HEPARIN"), labelled=False
        )
        self.visitor = visitor.signed_in(rita)

    @property
    def codes(self) -> list[str]:
        return [sample.code for sample in (*self.good.samples, *self.bare.samples)]

    def preview(self, *codes: str, action: str = "hand_over", **fields: str) -> TestResponse:
        return self.visitor.send(
            "/bulk/preview", "/reception", samples=[*codes] or self.codes, action=action, **fields
        )

    def confirm(self, page: TestResponse) -> TestResponse:
        """Press the one button of the preview."""
        form = page.text[page.text.index('action="/bulk"') :]
        fields: dict[str, list[str]] = {}
        for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form):
            fields.setdefault(name, []).append(unescape(value))
        fields.pop("csrf_token")
        return self.visitor.send("/bulk", "/reception", **fields)

    def kinds(self, made: MadeCase, number: int) -> list[CustodyKind]:
        with self.database.reading() as session:
            sample = samples.by_code(session, made.code(number))
            return [entry.kind for entry in custody.timeline(session, sample.chain_id)]

    def entries(self, kind: CustodyKind) -> int:
        both = [(self.good, number) for number in range(1, 13)] + [(self.bare, 1), (self.bare, 2)]
        return sum(self.kinds(made, number).count(kind) for made, number in both)


@pytest.fixture
def hatch(app: Flask, database: Database, catalog: Catalog, visitor: Visitor, make_act: MakeAct) -> Hatch:
    return Hatch(database, catalog, visitor, make_act)


def words_of(page: TestResponse) -> str:
    """The text of a page on one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page.text)).split())


def test_the_list_offers_to_tick_and_to_choose(hatch: Hatch) -> None:
    page = hatch.visitor.open("/reception").text
    assert page.count('class="form-check-input bulk-tick"') == 14
    assert 'id="scan-to-tick"' in page
    assert '<option value="hand_over">Hand over</option>' in page
    assert "verify" not in page[page.index('id="bulk"') :].lower()


def test_the_preview_says_what_will_change_and_what_cannot_and_why(hatch: Hatch) -> None:
    page = hatch.preview()
    words = words_of(page)
    assert page.status_code == 200
    assert "12 will change, 2 cannot." in words
    code, number = hatch.bare.code(1), hatch.bare.case.number
    assert (
        f"{code} {number} tube 1 (EDTA) because: The label of {code} was not scanned back at the bedside. "
        'Scan the stuck label with the do-card "scan back", then hand over.'
    ) in words
    assert hatch.entries(CustodyKind.DISPATCHED) == 0


def test_one_confirmation_does_it_and_one_undo_takes_it_back(hatch: Hatch) -> None:
    done = hatch.confirm(hatch.preview(back="/reception"))
    assert done.status_code == 302
    assert hatch.entries(CustodyKind.DISPATCHED) == 12
    page = hatch.visitor.open(done.location)
    assert "Hand over: 12 changed" in words_of(page)
    assert 'href="/reception"' in page.text
    undone = hatch.visitor.send(done.location.partition("?")[0] + "/undo", done.location)
    assert undone.status_code == 302, undone.text
    assert hatch.entries(CustodyKind.REVERSED) == 12
    assert "12 changed and undone" in words_of(hatch.visitor.open(undone.location))
    assert "12 will change, 2 cannot." in words_of(hatch.preview())
    with hatch.database.reading() as session:
        assert ledger.check(session).faults == ()


def test_the_same_confirmation_sent_twice_counts_once(hatch: Hatch) -> None:
    preview = hatch.preview()
    first, second = hatch.confirm(preview), hatch.confirm(preview)
    assert first.location == second.location
    assert hatch.entries(CustodyKind.DISPATCHED) == 12


def test_a_lot_is_not_undone_when_something_followed(hatch: Hatch) -> None:
    done = hatch.confirm(hatch.preview())
    hatch.confirm(hatch.preview(hatch.good.code(3), action="take"))
    answer = hatch.visitor.send(done.location.partition("?")[0] + "/undo", done.location)
    assert answer.status_code == 409
    assert "Nothing was undone." in answer.text
    assert hatch.entries(CustodyKind.REVERSED) == 0


def test_what_was_done_before_is_counted_apart(hatch: Hatch) -> None:
    hatch.confirm(hatch.preview(hatch.good.code(1), action="receive", place=HATCH))
    page = hatch.preview(hatch.good.code(1), hatch.good.code(2), action="receive", place=HATCH)
    assert "1 will change, 1 was done before, 0 cannot." in words_of(page)


def test_ticked_samples_are_recorded_as_ticked_and_scanned_ones_as_scanned(hatch: Hatch) -> None:
    one, two = hatch.good.code(1), hatch.good.code(2)
    hatch.confirm(hatch.preview(one, two, action="receive", place=HATCH, scanned=one))
    with hatch.database.reading() as session:
        last = [custody.timeline(session, samples.by_code(session, code).chain_id)[-1] for code in (one, two)]
    assert [(entry.kind, entry.read_by) for entry in last] == [
        (CustodyKind.ARRIVED, "scanned"),
        (CustodyKind.ARRIVED, "ticked"),
    ]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"samples": []}, "Tick the samples first."),
        ({"action": ""}, "Choose what to do with them."),
        ({"action": "verify"}, "Choose what to do with them."),
        ({"action": "receive"}, "Say where you are: choose the place."),
        ({"action": "reject", "place": HATCH}, "Choose the reason."),
        ({"samples": ["S2345678X"] * 101}, "Tick from 1 to 100 samples at once."),
        ({"back": "//elsewhere.example"}, "Go back to the list and begin there."),
        ({"action": "take", "place": "P00000000"}, "check character"),
    ],
)
def test_what_is_missing_is_asked_for_and_the_ticks_stay(
    hatch: Hatch, fields: dict[str, str | list[str]], message: str
) -> None:
    sent = {"samples": hatch.codes, "action": "hand_over"} | fields
    page = hatch.visitor.send("/bulk/preview", "/reception", **sent)
    assert page.status_code == 422
    assert message in page.text
    assert page.text.count('name="samples"') == len(sent["samples"])
    assert "elsewhere.example" not in page.text


def test_somebody_else_does_not_see_or_undo_the_lot(hatch: Hatch, app: Flask, database: Database) -> None:
    done = hatch.confirm(hatch.preview())
    other = Visitor(app.test_client(), database).signed_in(
        make_person(database, "olga", Role.OPERATOR, password=None)
    )
    assert other.open(done.location).status_code == 404
    assert other.send(done.location.partition("?")[0] + "/undo", "/hand-over").status_code == 404
    assert hatch.entries(CustodyKind.REVERSED) == 0


def test_a_clinician_is_offered_no_ticks(hatch: Hatch, app: Flask, database: Database) -> None:
    clinician = Visitor(app.test_client(), database).signed_in(
        make_person(database, "cleo", Role.CLINICIAN, password=None)
    )
    assert "bulk-tick" not in clinician.open(f"/cases/{hatch.good.case.number}").text
    assert clinician.send("/bulk/preview", "/", samples=hatch.codes, action="take").status_code == 403
