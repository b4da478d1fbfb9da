"""Orders on pages and as JSON: find or register the child, order, cancel, reconcile."""

from __future__ import annotations

import html
import re
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from labflow.catalog import Catalog
from labflow.foundation.act import Act
from labflow.foundation.database import Database
from labflow.interop.hl7 import import_message
from labflow.staff import Role, StaffMember

from ..factories.orders import UNKNOWN_CODE, in_other_words
from ..people import make_person
from .visitor import Visitor

if TYPE_CHECKING:
    from ..conftest import MakeAct

CHILD = {
    "mrn": "485 730 2915",
    "mrn_authority": "DEMO",
    "family_name": "Okonkwo",
    "given_name": "Adaeze",
    "birth_date": "2019-07-14",
    "sex": "female",
}
ORDER: dict[str, Any] = {
    "mrn": "4857302915",
    "indication": "ANAEM",
    "tests": ["BM-FILM", "BM-IRON"],
    "urgency": "urgent",
}


@pytest.fixture
def clerk(database: Database) -> StaffMember:
    """Somebody of reception: may order and reconcile."""
    return make_person(database, "ada", Role.RECEPTION, password=None)


@pytest.fixture
def desk(visitor: Visitor, clerk: StaffMember) -> Visitor:
    return visitor.signed_in(clerk)


@pytest.fixture
def clerk_act(make_act: MakeAct, clerk: StaffMember) -> Act:
    return make_act(by=clerk.id, badge=clerk.badge)


def post(desk: Visitor, url: str, body: dict[str, Any]) -> Any:
    headers = {"X-CSRFToken": token(desk), "Idempotency-Key": str(uuid4())}
    return desk.client.post(url, json=body, headers=headers)


def token(desk: Visitor) -> str:
    if not desk.csrf_token:
        desk.open("/orders/new")
    return desk.csrf_token


def values(page: str, name: str) -> list[str]:
    return [html.unescape(found) for found in re.findall(rf'name="{name}" value="([^"]*)"', page)]


def ticked(page: str) -> set[str]:
    return set(re.findall(r'name="tests" value="([^"]+)" checked', page))


def test_a_new_child_gets_an_order_without_javascript(desk: Visitor) -> None:
    order_form = desk.send("/orders/new-child", **CHILD)
    assert order_form.status_code == 200
    assert "OKONKWO, Adaeze" in order_form.text
    proposed = desk.send("/orders/form", mrn="4857302915", mrn_authority="DEMO", indication="PANCYT")
    assert {"BM-FILM", "BM-TREPH"} <= ticked(proposed.text)
    assert "BM-FISH" not in ticked(proposed.text)
    placed = desk.send("/orders", **ORDER, weight_kg="22.4", weighed_on="2024-01-02")
    assert placed.status_code == 302
    card = desk.open(placed.location)
    assert "BM-IRON" in card.text
    assert "22.4 kg" in card.text
    assert placed.location.rsplit("/", 1)[1] in desk.open("/orders").text


def test_no_address_of_the_order_pages_identifies_the_child(desk: Visitor) -> None:
    desk.send("/orders/new-child", **CHILD)
    location = desk.send("/orders", **ORDER).location
    for page in (desk.open(location), desk.open("/orders"), desk.send("/orders/new", text="Okonkwo")):
        assert "OKONKWO" in page.text
        addresses = re.findall(r'(?:href|action|formaction)="([^"]*)"', page.text)
        assert not [url for url in addresses if "4857302915" in url or "konkwo" in url.lower()]


def test_an_indication_changes_only_the_tests_when_htmx_asks(desk: Visitor) -> None:
    desk.send("/orders/new-child", **CHILD)
    fragment = desk.client.post(
        "/orders/form",
        data={"csrf_token": desk.csrf_token, "mrn": "4857302915", "indication": "OSTEO"},
        headers={"HX-Request": "true"},
    )
    assert "<html" not in fragment.text
    assert ticked(fragment.text) == {"BONE-CX"}
    assert "BONE-KK" not in fragment.text.split("<details")[0], "Kingella PCR is for younger children"


def test_what_was_typed_stays_when_an_order_is_refused(desk: Visitor) -> None:
    desk.send("/orders/new-child", **CHILD)
    refused = desk.send("/orders", mrn="4857302915", indication="ANAEM", clinical_text="Pale since spring")
    assert refused.status_code == 422
    assert "asks for no test" in refused.text
    assert "Pale since spring" in refused.text


def test_the_same_order_form_sent_twice_is_one_order(desk: Visitor) -> None:
    form = desk.send("/orders/new-child", **CHILD)
    (event_id,) = values(form.text, "event_id")
    first = desk.send("/orders", **ORDER, event_id=event_id)
    assert desk.send("/orders", **ORDER, event_id=event_id).location == first.location


def test_children_are_found_by_number_and_by_folded_name(desk: Visitor) -> None:
    desk.send("/orders/new-child", **CHILD | {"family_name": "Müller-Ødegård"})
    for text in ("485 730 2915", "muller", "MÜLLER-ØDEGÅRD, ada"):
        assert values(desk.send("/orders/new", text=text).text, "mrn") == ["4857302915"], text
    assert values(desk.send("/orders/new", text="Smith").text, "mrn") == []


def test_twins_are_marked_where_they_stand_together(desk: Visitor) -> None:
    twin = {"mrn": "4857302923", "given_name": "Chidi", "sex": "male"}
    desk.send("/orders/new-child", **CHILD)
    warned = desk.send("/orders/new-child", **CHILD | twin)
    assert "Other children have a similar name" in warned.text
    assert desk.send("/orders/new", text="Okonkwo").text.count("Similar name") == 2


def test_the_list_says_what_its_filters_hide(desk: Visitor) -> None:
    desk.send("/orders/new-child", **CHILD)
    desk.send("/orders", **ORDER)
    assert "No order fits these filters" in desk.open("/orders?urgency=routine").text
    shown = desk.open("/orders?urgency=urgent&indication=ANAEM").text
    assert "Data filtered to show: urgent, Anaemia or single cytopenia · 1 of 1" in shown
    assert desk.open("/orders?urgency=nonsense").status_code == 400
    assert desk.open("/orders?after=nonsense").status_code == 400


def test_an_order_is_held_released_and_cancelled_with_a_reason(desk: Visitor) -> None:
    desk.send("/orders/new-child", **CHILD)
    card = desk.send("/orders", **ORDER).location
    assert desk.send(f"{card}/cancel").status_code == 422
    desk.send(f"{card}/hold", reason="fever today")
    assert "fever today" in desk.open(card).text
    desk.send(f"{card}/release")
    assert desk.send(f"{card}/cancel", reason="Ordered twice").status_code == 302
    page = desk.open(card).text
    assert page.count("Cancelled") >= 3
    assert "Cancel the order" not in page


def test_an_unknown_code_is_mapped_on_the_page(
    desk: Visitor, database: Database, catalog: Catalog, clerk_act: Act
) -> None:
    import_message(database, catalog, UNKNOWN_CODE, act=clerk_act)
    page = desk.open("/orders/to-reconcile")
    (action,) = set(re.findall(r'action="(/orders/[^"]+/reconcile)"', page.text))
    assert "MARROWX" in page.text
    refused = desk.send(action, decision="map", unknown_test=1, test="NO-SUCH")
    assert (refused.status_code, "knows no test" in refused.text) == (422, True)
    assert desk.send(action, decision="map", unknown_test=1, test="BM-FLOW").status_code == 302
    assert "No order waits for a decision" in desk.open("/orders/to-reconcile").text
    assert "MARROWX</bdi> was mapped to BM-FLOW" in desk.open(action.removesuffix("/reconcile")).text


def test_another_name_under_a_known_number_is_decided_by_a_person(
    desk: Visitor, database: Database, catalog: Catalog, clerk_act: Act
) -> None:
    import_message(database, catalog, UNKNOWN_CODE, act=clerk_act)
    changes = ("Varga^Bence", "Kis^Anna"), ("EX-PANC-0001", "X2"), ("EX7002", "EX9002")
    import_message(database, catalog, in_other_words(UNKNOWN_CODE, *changes), act=clerk_act)
    page = desk.open("/orders/to-reconcile").text
    assert "KIS, Anna" in page
    number = re.findall(r'action="/orders/([^"/]+)/reconcile"', page)[-1]
    answer = post(desk, f"/api/v1/orders/{number}/reconcile", {"decision": "correct", "reason": "renamed"})
    assert answer.get_json()["patient"]["family_name"] == "Kis"
    assert answer.get_json()["to_reconcile"] is True, "its unknown test is still open"


def test_a_program_orders_by_json(desk: Visitor) -> None:
    made = post(desk, "/api/v1/patients", CHILD)
    assert (made.status_code, made.get_json()["patient"]["mrn"]) == (201, "4857302915")
    found = post(desk, "/api/v1/patients/search", {"text": "okonkwo"})
    assert [child["birth_date"] for child in found.get_json()["patients"]] == ["2019-07-14"]
    asked = post(desk, "/api/v1/orders/proposal", {"indication": "OSTEO", "mrn": "4857302915"})
    assert [test["code"] for test in asked.get_json()["required"]] == ["BONE-CX"]
    assert "BONE-KK" not in [test["code"] for test in asked.get_json()["offered"]]
    placed = post(desk, "/api/v1/orders", ORDER | {"weight_kg": "22.4"})
    assert placed.status_code == 201
    order = placed.get_json()
    assert [test["test"] for test in order["tests"]] == ["BM-FILM", "BM-IRON"]
    assert desk.client.get("/api/v1/orders").get_json()["orders"][0]["number"] == order["number"]
    cancelled = post(desk, f"/api/v1/orders/{order['number']}/cancel", {"reason": "ordered twice"})
    assert cancelled.get_json()["state"] == "cancelled"
    assert desk.client.get(f"/api/v1/orders/{order['number']}").get_json() == cancelled.get_json()


@pytest.mark.parametrize(
    ("url", "body", "status"),
    [
        ("/api/v1/patients", CHILD | {"shoe_size": 3}, 422),
        ("/api/v1/patients", CHILD | {"family_name": "Okon\u202ekwo"}, 422),
        ("/api/v1/patients", CHILD | {"given_name": "Ada\x00eze"}, 422),
        ("/api/v1/patients", CHILD | {"given_name": "x" * 81}, 422),
        ("/api/v1/patients", CHILD | {"birth_date": "1800-01-01"}, 422),
        ("/api/v1/patients", CHILD | {"birth_date": "9999-12-31"}, 422),
        ("/api/v1/patients", CHILD | {"mrn": "123"}, 422),
        ("/api/v1/patients", CHILD, 409),
        ("/api/v1/orders", ORDER | {"mrn": "1111111111"}, 404),
        ("/api/v1/orders", ORDER | {"indication": "NOPE"}, 422),
        ("/api/v1/orders", ORDER | {"tests": ["NOPE"]}, 422),
        ("/api/v1/orders", ORDER | {"weight_kg": "22400"}, 422),
        ("/api/v1/orders", ORDER | {"weight_kg": "1e999999"}, 422),
        ("/api/v1/orders", ORDER | {"clinical_text": "a\x00b"}, 422),
        ("/api/v1/orders", ORDER | {"indication": "OTHER"}, 422),
        ("/api/v1/orders/O26-999999/cancel", {"reason": "x"}, 404),
        ("/api/v1/orders/O26-000001/reconcile", {"decision": "map", "test": "BM-FILM"}, 422),
        ("/api/v1/orders/O26-000001/reconcile", {"decision": "keep", "reason": "x"}, 409),
    ],
)
def test_bad_input_gets_a_clear_answer(desk: Visitor, url: str, body: dict[str, Any], status: int) -> None:
    post(desk, "/api/v1/patients", CHILD)
    post(desk, "/api/v1/orders", ORDER)
    answer = post(desk, url, body)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert answer.get_json()["title"]


@pytest.mark.parametrize(
    "url",
    [
        "/api/v1/orders/%00",
        "/orders/%00",
        "/orders?indication=%00",
        "/api/v1/orders?indication=%00",
        "/api/v1/orders?after=WyJcdTAwMDAiXQ",
        "/api/v1/orders?state=nonsense",
        "/orders/O26-000001/reconcile",
    ],
)
def test_a_nonsense_address_is_told_so(desk: Visitor, url: str) -> None:
    assert 400 <= desk.client.get(url).status_code < 500


def test_a_form_with_a_nonsense_child_is_told_so(desk: Visitor) -> None:
    for mrn in ("\x00", "", "9"):
        assert desk.send("/orders/form", page="/orders/new", mrn=mrn, mrn_authority="\x00").status_code == 404


def test_long_names_and_numbers_stand_whole_on_the_card(desk: Visitor) -> None:
    long = {"family_name": "W" * 35, "given_name": "Ỡ" * 35}
    desk.send("/orders/new-child", **CHILD | long)
    page = desk.open(desk.send("/orders", **ORDER).location).text
    assert f'<bdi class="patient-name">{"W" * 35}, {"Ỡ" * 35}</bdi>' in page
    assert "485 730 2915" in page
    assert date(2019, 7, 14).strftime("%d-%b-%Y") in page
