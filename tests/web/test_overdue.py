"""What is overdue, over HTTP: for whoever carries or receives, without the child's name."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from labflow.catalog import Catalog
from labflow.foundation.database import Database
from labflow.journeys import overdue
from labflow.staff import Role

from ..conftest import NINE_O_CLOCK, MakeAct
from ..factories.cases import THEATRE, MadeCase, make_case
from ..people import make_person
from .program import program_of
from .visitor import Visitor


@pytest.fixture
def late(database: Database, catalog: Catalog, make_act: MakeAct) -> MadeCase:
    """A sample collected in the theatre and never received, told and escalated three hours later."""
    olga = make_person(database, "olga", Role.OPERATOR, password=None)
    act = make_act(by=olga.id, badge=olga.badge, place=THEATRE)
    made = make_case(database, catalog, act)
    overdue.watch(database, catalog, now=NINE_O_CLOCK + timedelta(hours=3))
    return made


def test_a_porter_sees_where_it_is_and_whom_to_call_and_no_child(
    visitor: Visitor, database: Database, late: MadeCase
) -> None:
    page = visitor.signed_in(make_person(database, "paul", Role.PORTER, password=None)).open("/overdue").text
    for told in (late.code(), "never received", "Olga Invented", "Theatre 1", "tel:+441632960131"):
        assert told in page
    assert "Escalated" in page
    assert "TEST" not in page
    assert f"/samples/{late.code()}" not in page  # a porter may not open it


def test_the_page_asks_again_and_gets_nothing_while_nothing_changes(
    visitor: Visitor, database: Database
) -> None:
    visitor.signed_in(make_person(database, "rita", Role.RECEPTION, password=None))
    part = visitor.open("/overdue", headers={"HX-Request": "true"})
    assert "Nothing is overdue." in part.text
    assert "<html" not in part.text
    headers = {"HX-Request": "true", "HX-PTag": part.headers["HX-PTag"]}
    assert visitor.open("/overdue", headers=headers).status_code == 304


def test_home_and_reception_mark_what_is_overdue(
    visitor: Visitor, database: Database, late: MadeCase
) -> None:
    visitor.signed_in(make_person(database, "rita", Role.RECEPTION, password=None))
    assert "1 overdue, 1 escalated" in visitor.open("/").text
    assert f"awaited-overdue-{late.code()}" in visitor.open("/reception").text


def test_a_program_reads_what_is_overdue(app: Flask, database: Database, late: MadeCase) -> None:
    rita = make_person(database, "rita", Role.RECEPTION, password=None)
    (told,) = program_of(app.test_client(), database, rita).get("/overdue").get_json()["samples"]
    assert (told["kind"], told["code"], told["due_at"]) == (
        "receipt",
        late.code(),
        "2026-11-20T11:00:00+00:00",
    )
    assert told["place"]["telephone"] == "+44 1632 960131"
    clinician = make_person(database, "cleo", Role.CLINICIAN, password=None)
    assert program_of(app.test_client(), database, clinician).get("/overdue").status_code == 403
