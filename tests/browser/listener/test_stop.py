"""STOP stands until the server says it is resolved: by the right scan, or by naming the child and why."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from labflow.foundation.codes import CodeKind, new_code

from ..support import wedge
from .edge import CODE, OTHER, RNG, Edge, answering
from .hands import QUIET_MS, verdict_word


@pytest.fixture
def stopped(page: Page, edge: Edge) -> Page:
    """A page on which the scan of CODE was a STOP."""
    edge.answer = answering(**{CODE: "STOP"})
    edge.answers["/resolution"] = lambda asked: {"resolved": False, "detail": "That is not the right one."}
    wedge(page, CODE)
    expect(page.locator("#scan-stop")).to_contain_text("This label belongs to another child")
    return page


def resolved(_: object) -> dict[str, object]:
    return {"resolved": True, "detail": ""}


def test_scans_enter_escape_and_clicks_outside_do_nothing(stopped: Page, edge: Edge) -> None:
    codes = [new_code(CodeKind.SAMPLE, rng=RNG) for _ in range(10)]
    for number, code in enumerate(codes):
        wedge(stopped, code, suffix="Enter" if number % 2 else "Tab Enter")
    for key in ("Enter", "Escape", "Escape", "Escape"):
        stopped.keyboard.press(key)
    stopped.mouse.click(5, 5)
    stopped.wait_for_timeout(QUIET_MS)
    expect(stopped.locator("#scan-stop")).to_be_visible()
    expect(stopped.locator("#scan-stop-answer")).to_have_text("That is not the right one.")
    assert edge.codes == [CODE]
    assert [asked["code"] for _, asked in edge.asked] == codes
    assert {path for path, _ in edge.asked} == {f"/api/v1/stops/{edge.scans[0]['event_id']}/resolution"}


def test_the_right_scan_ends_it_and_counts_as_a_scan(stopped: Page, edge: Edge) -> None:
    edge.answers["/resolution"] = resolved
    wedge(stopped, OTHER)
    expect(stopped.locator("#scan-stop")).to_be_hidden()
    verdict_word(stopped, "OK")
    assert edge.codes == [CODE, OTHER]


def test_initials_birth_year_and_reason_end_it(stopped: Page, edge: Edge) -> None:
    fill_form(stopped)
    edge.answers["/resolution"] = resolved
    stopped.get_by_role("button", name="Resolve this STOP").click()
    expect(stopped.locator("#scan-stop")).to_be_hidden()
    typed = {"initials": "JS", "birth_year": "2019", "reason": "Wrong tray"}
    assert [asked for _, asked in edge.asked] == [typed]
    assert edge.codes == [CODE]


def fill_form(page: Page) -> None:
    for label, words in {"Your initials": "JS", "Birth year": "2019", "Reason": "Wrong tray"}.items():
        page.get_by_label(label).fill(words)


def test_a_refused_form_says_why_and_keeps_what_was_typed(stopped: Page, edge: Edge) -> None:
    fill_form(stopped)
    edge.answers["/resolution"] = lambda asked: {
        "resolved": False,
        "detail": "The birth year does not agree.",
    }
    stopped.get_by_role("button", name="Resolve this STOP").click()
    expect(stopped.locator("#scan-stop-answer")).to_have_text("The birth year does not agree.")
    expect(stopped.get_by_label("Reason")).to_have_value("Wrong tray")


def test_a_scan_into_the_form_is_a_scan_and_does_not_send_it(stopped: Page, edge: Edge) -> None:
    stopped.get_by_label("Reason").fill("Wrong")
    for text in (OTHER, OTHER[:-1]):
        wedge(stopped, text)
    expect(stopped.locator("#scan-stop-answer")).to_contain_text("Could not read that barcode.")
    assert [asked["code"] for _, asked in edge.asked] == [OTHER]


def test_a_scan_on_the_focused_button_does_not_press_it(stopped: Page, edge: Edge) -> None:
    stopped.get_by_role("button", name="Resolve this STOP").focus()
    wedge(stopped, OTHER)
    expect(stopped.locator("#scan-stop-answer")).to_have_text("That is not the right one.")
    assert [asked for _, asked in edge.asked] == [{"code": OTHER}]


def test_two_stops_are_resolved_one_after_the_other(page: Page, edge: Edge) -> None:
    edge.seconds = 0.3
    edge.answer = answering(**{CODE: "STOP", OTHER: "STOP"})
    edge.answers["/resolution"] = resolved
    for code in (new_code(CodeKind.SAMPLE, rng=RNG), CODE, OTHER):
        wedge(page, code)
    for times in (1, 2):
        expect(page.get_by_role("button", name="Resolve this STOP")).to_be_visible()
        fill_form(page)
        page.get_by_role("button", name="Resolve this STOP").click()
        page.wait_for_timeout(QUIET_MS)
        assert len(edge.asked) == times
    expect(page.locator("#scan-stop")).to_be_hidden()
    assert edge.asked[0][0] != edge.asked[1][0]


def test_a_stop_that_was_left_open_comes_back_with_the_page(page: Page, edge: Edge) -> None:
    edge.open_stop = "11111111-1111-4111-8111-111111111111"
    page.reload()
    expect(page.locator("#scan-stop")).to_contain_text("This label belongs to another child")
    edge.answers["/resolution"] = resolved
    wedge(page, OTHER)
    expect(page.locator("#scan-stop")).to_be_hidden()
    assert edge.asked[0][0] == f"/api/v1/stops/{edge.open_stop}/resolution"


def test_it_stands_while_the_server_cannot_be_reached(stopped: Page, edge: Edge) -> None:
    stopped.context.route("**/resolution", lambda route: route.abort())
    wedge(stopped, OTHER)
    expect(stopped.locator("#scan-stop-answer")).to_contain_text("labflow cannot be reached.")
    expect(stopped.locator("#scan-stop")).to_be_visible()


def test_the_sound_comes_again_until_it_is_resolved(
    page: Page, edge: Edge, sounds: Callable[[], list[tuple[int, float]]]
) -> None:
    page.clock.install()
    edge.answer = answering(**{CODE: "STOP"})
    edge.answers["/resolution"] = resolved
    wedge(page, CODE)
    verdict_word(page, "STOP")
    page.clock.run_for(4100)
    assert len(sounds()) == 3
    fill_form(page)
    page.get_by_role("button", name="Resolve this STOP").click()
    expect(page.locator("#scan-stop")).to_be_hidden()
    page.clock.run_for(10_000)
    assert len(sounds()) == 3
