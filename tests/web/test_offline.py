"""What browsers are told to keep, and for whom; and what waited on a device counts for nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from labflow.catalog import Catalog
from labflow.foundation.act import Act
from labflow.foundation.database import Database
from labflow.staff import Role
from labflow.web.offline import shell, shell_version

from ..factories.cases import make_case
from ..people import make_person
from .visitor import Visitor


@pytest.fixture
def operator(app: Flask, database: Database) -> Visitor:
    person = make_person(database, "otto", Role.OPERATOR)
    return Visitor(app.test_client(), database).signed_in(person)


def test_the_worker_comes_from_the_root_and_is_asked_for_each_time(visitor: Visitor) -> None:
    answer = visitor.open("/service-worker.js")
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.text.startswith('const VERSION = "')
    assert '"/static/js/queue.js"' in answer.text
    assert "swagger-ui" not in answer.text.partition("FILES")[2].partition("\n")[0]


def test_another_file_makes_another_version(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "same", "other")]
    for folder in folders:
        folder.mkdir()
        (folder / "a.js").write_text("2" if folder.name == "other" else "1")
    one, same, other = map(shell_version, folders)
    assert one == same != other
    assert shell(folders[0]) == ["/static/a.js"]


def test_only_bedside_pages_may_be_kept_and_every_page_says_whose_it_is(
    operator: Visitor, visitor: Visitor, database: Database, catalog: Catalog, act: Act
) -> None:
    case = make_case(database, catalog, act)
    bedside = operator.open(f"/cases/{case.case.number}/bedside")
    assert bedside.headers["Labflow-Keep"] == "yes"
    assert bedside.headers["Cache-Control"] == "no-store"
    assert len(bedside.headers["Labflow-Person"]) == 9
    start = operator.open("/")
    assert start.headers["Labflow-Person"] == bedside.headers["Labflow-Person"]
    assert "Labflow-Keep" not in start.headers
    assert visitor.open("/sign-in").headers["Labflow-Person"] == "nobody"


def test_a_refused_page_and_the_api_are_not_kept(operator: Visitor) -> None:
    missing = operator.open("/cases/LF26-999999-X/bedside")
    assert missing.status_code >= 400
    assert "Labflow-Keep" not in missing.headers
    assert "Labflow-Keep" not in operator.open("/api/v1/openapi.json").headers


def test_what_waited_on_a_device_is_refused_when_somebody_else_is_signed_in(operator: Visitor) -> None:
    operator.open("/offline")
    sent = {"csrf_token": operator.csrf_token}
    answer = operator.client.post(
        "/orders/O26-000001-0/procedure", data=sent, headers={"Labflow-Person": "H0000000F"}
    )
    assert answer.status_code == 409
    assert "who is not signed in here now" in answer.text


def test_the_offline_page_is_for_nobody_until_somebody_signs_in(visitor: Visitor, operator: Visitor) -> None:
    assert "Nobody is signed in on this device" in visitor.open("/offline").text
    assert "Go on scanning" in operator.open("/offline").text
