"""What a verdict shows, sounds and changes: nothing before the server answered, and STOP stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from labflow.foundation.codes import CodeKind, new_code

from ..support import wedge
from .edge import CODE, OTHER, RNG, Edge, Scan, Verdict, answering, ok
from .hands import QUIET_MS, verdict_word

# Before the listener hears the Enter, and after everything that the page did about it.
RECORD_BAND = """
window.seen = [];
const enter = event => { if (event.key === "Enter") window.entered = performance.now(); };
addEventListener("keydown", enter, true);
addEventListener("DOMContentLoaded", () => {
    const band = document.getElementById("scan-band");
    const note = () => window.seen.push([performance.now(), band.dataset.verdict, band.textContent]);
    new MutationObserver(note).observe(band, {subtree: true, childList: true, attributes: true});
});
"""


def test_the_band_is_grey_at_once_and_has_its_tick_only_from_the_server(page: Page, edge: Edge) -> None:
    edge.seconds = 0.8
    page.add_init_script(RECORD_BAND)
    page.reload()
    wedge(page, CODE)
    expect(page.locator("#scan-waiting")).to_have_text("waiting (1)")
    verdict_word(page, "OK")
    entered, seen = page.evaluate("[window.entered, window.seen]")
    grey_at, verdict, text = seen[0]
    assert grey_at - entered <= 100
    assert (verdict, f"Read {CODE}" in text) == ("", True)
    # the observer hears of a change a little after it was made
    assert min(at for at, _, text in seen if "waiting" in text) - grey_at >= 300
    assert min(at for at, verdict, text in seen if verdict or "✓" in text) - grey_at >= 750


def test_each_verdict_has_its_own_shape_word_and_sound(
    page: Page, edge: Edge, sounds: Callable[[], list[tuple[int, float]]]
) -> None:
    codes = [new_code(CodeKind.SAMPLE, rng=RNG) for _ in range(4)]
    words = ["OK", "ALREADY", "CHOOSE", "STOP"]
    edge.answer = answering(**dict(zip(codes, words, strict=True)))
    patterns, shapes, heard = set(), set(), 0
    for code, word in zip(codes, words, strict=True):
        wedge(page, code)
        verdict_word(page, word)
        patterns.add(tuple(sounds()[heard:]))
        heard = len(sounds())
        shapes.add(page.locator("#scan-shape").text_content())
    assert len(patterns) == len(shapes) == 4
    assert () not in patterns


def test_the_stop_sound_comes_again_until_somebody_answers(
    page: Page, edge: Edge, sounds: Callable[[], list[tuple[int, float]]]
) -> None:
    page.clock.install()
    edge.answer = answering(**{CODE: "STOP"})
    wedge(page, CODE)
    verdict_word(page, "STOP")
    page.clock.run_for(4100)
    assert len(sounds()) == 3
    page.locator("#scan-stop-resolve").click()
    page.clock.run_for(10_000)
    assert len(sounds()) == 3


def test_muted_changes_the_sound_and_nothing_else(
    page: Page, edge: Edge, sounds: Callable[[], list[tuple[int, float]]]
) -> None:
    page.locator("#sound-switch").click()
    wedge(page, CODE)
    verdict_word(page, "OK")
    assert sounds() == []
    expect(page.locator("#scan-band")).to_contain_text("✓ OK Received. " + CODE, use_inner_text=True)


def test_stop_stays_through_scans_enter_escape_and_clicks_outside(page: Page, edge: Edge) -> None:
    edge.answer = answering(**{CODE: "STOP"})
    wedge(page, CODE)
    expect(page.locator("#scan-stop")).to_be_visible()
    expect(page.locator("#scan-stop")).to_contain_text("STOP detail.")
    for suffix in ("Enter", "Tab") * 5:
        wedge(page, new_code(CodeKind.SAMPLE, rng=RNG), suffix=suffix)
    for key in ("Enter", "Escape", "Escape", "Escape"):
        page.keyboard.press(key)
    page.mouse.click(5, 5)
    page.wait_for_timeout(QUIET_MS)
    expect(page.locator("#scan-stop")).to_be_visible()
    assert edge.codes == [CODE]


@pytest.mark.parametrize("how", ["pointer", "keyboard"])
def test_stop_ends_by_its_button(page: Page, edge: Edge, how: str) -> None:
    edge.answer = answering(**{CODE: "STOP"})
    wedge(page, CODE)
    expect(page.locator("#scan-stop")).to_be_visible()
    if how == "pointer":
        page.locator("#scan-stop-resolve").click()
    else:
        page.wait_for_timeout(QUIET_MS)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    expect(page.locator("#scan-stop")).to_be_hidden()
    wedge(page, OTHER)
    verdict_word(page, "OK")


def test_a_scan_on_the_focused_button_of_stop_does_not_press_it(page: Page, edge: Edge) -> None:
    edge.answer = answering(**{CODE: "STOP"})
    wedge(page, CODE)
    expect(page.locator("#scan-stop")).to_be_visible()
    page.locator("#scan-stop-resolve").focus()
    for text in (OTHER, OTHER[:-1]):
        wedge(page, text)
    page.wait_for_timeout(QUIET_MS)
    expect(page.locator("#scan-stop")).to_be_visible()
    assert edge.codes == [CODE]


def test_two_stops_are_read_one_after_the_other(page: Page, edge: Edge) -> None:
    edge.seconds = 0.3
    edge.answer = answering(**{CODE: "STOP", OTHER: "STOP"})
    wedge(page, new_code(CodeKind.SAMPLE, rng=RNG))
    wedge(page, CODE)
    wedge(page, OTHER)
    expect(page.locator("#scan-stop-code")).to_have_text(CODE)
    page.locator("#scan-stop-resolve").click()
    expect(page.locator("#scan-stop-code")).to_have_text(OTHER)
    page.locator("#scan-stop-resolve").click()
    expect(page.locator("#scan-stop")).to_be_hidden()


def test_a_page_shows_what_a_scan_changed(page: Page) -> None:
    wedge(page, CODE)
    expect(page.locator("#live")).to_have_text("1 came.")
    expect(page.locator("#part")).to_have_text("Made for 1 scans.")
    expect(page.locator("#part section")).to_have_count(0)


def test_what_is_half_typed_survives_the_new_part(page: Page) -> None:
    page.locator("#field-notes").fill("Half")
    page.locator("#field-notes").focus()
    wedge(page, CODE)
    expect(page.locator("#part")).to_have_text("Made for 1 scans.")
    expect(page.locator("#field-notes")).to_have_value("Half")
    expect(page.locator("#field-notes")).to_be_focused()


def test_a_sample_opens_when_no_action_is_set(page: Page, edge: Edge) -> None:
    edge.answer = lambda scan: {**ok(scan), "url": f"/samples/{scan['code']}"}
    wedge(page, CODE)
    page.wait_for_url(f"**/samples/{CODE}")


def setting_context(cards: dict[str, dict[str, Any]]) -> Callable[[Scan], Verdict]:
    """Do-cards and places set their part of the context, and samples carry an address."""

    def answer(scan: Scan) -> Verdict:
        if scan["code"] in cards:
            return {**ok(scan), "context": cards[scan["code"]]}
        return {**ok(scan), "url": "/samples/x"}

    return answer


def test_cards_set_the_context_of_the_scans_behind_them(page: Page, edge: Edge) -> None:
    card, place = (new_code(kind, rng=RNG) for kind in (CodeKind.DO_CARD, CodeKind.PLACE))
    edge.answer = setting_context(
        {
            card: {"action": {"code": card, "name": "Receive"}},
            place: {"place": {"code": place, "name": "Hatch"}},
        }
    )
    edge.seconds = 0.2
    for code in (card, place, CODE, OTHER):
        wedge(page, code)
    expect(page.locator("#context-what")).to_have_text("Receive")
    expect(page.locator("#context-where")).to_have_text("Hatch")
    expect(page.locator("#scan-last li")).to_have_count(4)
    contexts = [(scan["code"], request["context"]) for request in edge.requests for scan in request["scans"]]
    of_no_page = {"case": None, "bag": None}
    both = {"action": card, "place": place, **of_no_page}
    assert contexts == [
        (card, {"action": None, "place": None, **of_no_page}),
        (place, {"action": card, "place": None, **of_no_page}),
        (CODE, both),
        (OTHER, both),
    ]
    assert page.url.endswith("/")


def test_the_context_stays_over_pages_and_ends_with_the_person(page: Page, edge: Edge) -> None:
    card = new_code(CodeKind.DO_CARD, rng=RNG)
    edge.answer = setting_context({card: {"action": {"code": card, "name": "Receive"}}})
    wedge(page, card)
    expect(page.locator("#context-what")).to_have_text("Receive")
    page.reload()
    expect(page.locator("#context-what")).to_have_text("Receive")
    edge.badge = new_code(CodeKind.PERSON, rng=RNG)
    page.reload()
    expect(page.locator("#context-what")).to_have_text("No action set")


def test_one_click_ends_an_action(page: Page, edge: Edge) -> None:
    card = new_code(CodeKind.DO_CARD, rng=RNG)
    edge.answer = setting_context({card: {"action": {"code": card, "name": "Receive"}}})
    wedge(page, card)
    page.get_by_label("End this action").click()
    expect(page.locator("#context-what")).to_have_text("No action set")
