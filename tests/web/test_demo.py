"""Demo mode over HTTP: every role finds something to do, and every code can be clicked or printed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from flask import Flask

from labflow.app import build
from labflow.catalog import Catalog
from labflow.foundation.database import Database, sqlite_url
from labflow.foundation.settings import Settings
from labflow.journeys import signing_in
from labflow.ops import demo
from labflow.staff import Role, StaffMember

from ..people import make_person
from .visitor import Visitor

SECRET = "only for tests " * 3
DEMO_PAGES = ("/demo/codes", "/demo/codes.pdf", "/demo/scanner")


@pytest.fixture(scope="module")
def laboratory(
    catalog: Catalog, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """The demo laboratory, served in demo mode; tests sign in and look."""
    folder = tmp_path_factory.mktemp("demo")
    database = Database(sqlite_url(Path(shutil.copy(sqlite_template, folder))))
    demo.prepare(database, catalog, now=datetime.now(UTC), secret=SECRET)
    settings = Settings(data=folder, database_url=database.url, secret_key=SECRET, demo=True)
    yield build(settings, catalog, database)
    database.close()


def visit(app: Flask, role: Role = Role.TECHNOLOGIST) -> Visitor:
    """A browser in which the tile of this role was clicked."""
    database: Database = app.extensions["labflow.database"]
    visitor = Visitor(app.test_client(), database)
    badge = dict(signing_in.demo_people(database))[role].badge
    visitor.open("/sign-in")
    assert visitor.send("/sign-in/demo", badge=badge).location == "/"
    return visitor


def links(page: str) -> set[str]:
    """The pages of this server that a page leads to."""
    return {url.replace("&amp;", "&") for url in re.findall(r'<a [^>]*href="(/[^"#]*)"', page)}


def codes_in(page: str) -> list[str]:
    return re.findall(r'data-virtual-scan="([^"]+)"', page)


def test_a_visitor_is_led_to_the_tiles_of_all_roles(laboratory: Flask) -> None:
    visitor = Visitor(laboratory.test_client(), laboratory.extensions["labflow.database"])
    answer = visitor.open("/", follow_redirects=True)
    assert answer.status_code == 200
    assert answer.text.count('name="badge"') == len(Role)


@pytest.mark.parametrize("role", Role)
def test_every_role_finds_something_to_do_on_its_home_and_every_link_opens(
    laboratory: Flask, role: Role
) -> None:
    visitor = visit(laboratory, role)
    home = visitor.open("/")
    assert 'id="tile-' in home.text or "list-group-item" in home.text
    for url in links(home.text):
        assert visitor.open(url).status_code == 200, url


@pytest.mark.parametrize(
    ("role", "start"),
    [
        (Role.OPERATOR, "/orders"),
        (Role.PORTER, "/hand-over"),
        (Role.RECEPTION, "/reception"),
        (Role.TECHNOLOGIST, "/queues/SMEAR"),
        (Role.PATHOLOGIST, "/verify"),
        (Role.CLINICIAN, "/"),
    ],
)
def test_what_a_role_works_on_opens(laboratory: Flask, role: Role, start: str) -> None:
    visitor = visit(laboratory, role)
    page = visitor.open(start)
    assert page.status_code == 200
    leads_to = links(page.text) - links(visitor.open("/demo/codes").text)
    assert leads_to
    for url in leads_to:
        assert visitor.client.get(url).status_code == 200, url


def test_the_page_of_codes_has_a_button_for_each_code_and_the_passwords(laboratory: Flask) -> None:
    page = visit(laboratory).open("/demo/codes").text
    assert {code[0] for code in codes_in(page)} == {"D", "P", "W", "S", "T"}
    assert "irene.kallas" in page


def test_a_shown_password_opens(laboratory: Flask) -> None:
    page = visit(laboratory).open("/demo/codes").text
    shown = re.search(r"oscar\.lund</span> <span class=\"code\">([^<]+)<", page)
    assert shown is not None
    visitor = Visitor(laboratory.test_client(), laboratory.extensions["labflow.database"])
    assert visitor.send("/sign-in", login="oscar.lund", password=shown[1]).location == "/"


def test_every_code_of_the_printed_sheet_decodes(laboratory: Flask) -> None:
    visitor = visit(laboratory)
    shown = {code for code in codes_in(visitor.open("/demo/codes").text) if code[0] != "T"}
    document = pypdfium2.PdfDocument(visitor.client.get("/demo/codes.pdf").data)
    try:
        pictures = [page.render(scale=300 / 72).to_pil() for page in document]
    finally:
        document.close()
    read = {found.text for picture in pictures for found in zxingcpp.read_barcodes(picture)}
    assert shown <= read
    assert len(read) > 50


def test_the_scanner_of_a_page_has_what_the_page_shows(laboratory: Flask) -> None:
    visitor = visit(laboratory, Role.OPERATOR)
    number = re.search(r"O\d\d-\d{6}", visitor.open("/orders").text)
    assert number is not None
    codes = codes_in(visitor.open(f"/demo/scanner?on_page={number[0]}+nonsense").text)
    assert [code[:2] for code in codes].count("WB") == 1


def test_every_signed_in_page_of_the_demo_has_the_scanner(laboratory: Flask) -> None:
    assert 'data-codes="/demo/scanner"' in visit(laboratory).open("/queues").text


@pytest.mark.parametrize("path", DEMO_PAGES)
def test_a_real_laboratory_has_no_such_pages(visitor: Visitor, path: str) -> None:
    person: StaffMember = make_person(visitor.database, "ada", Role.PATHOLOGIST)
    signed_in = visitor.signed_in(person)
    assert signed_in.open(path).status_code == 404
    assert "/demo/" not in signed_in.open("/").text


@pytest.mark.parametrize("path", DEMO_PAGES)
def test_the_codes_are_for_signed_in_people(laboratory: Flask, path: str) -> None:
    visitor = Visitor(laboratory.test_client(), laboratory.extensions["labflow.database"])
    assert visitor.open(path).status_code in (302, 303)
