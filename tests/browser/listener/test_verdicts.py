"""What a verdict shows, sounds and changes: nothing before the server answered, and STOP stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from labflow.foundation.codes import CodeKind, new_code

from ..support import wedge
from .edge import CODE, OTHER, RNG, Edge, Scan, Verdict, answering, ok
from .hands import verdict_word

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


def test_muted_changes_the_sound_and_nothing_else(
    page: Page, edge: Edge, sounds: Callable[[], list[tuple[int, float]]]
) -> None:
    page.locator(".sound > summary").click()
    page.locator("#sound-switch").click()
    wedge(page, CODE)
    verdict_word(page, "OK")
    assert sounds() == []
    expect(page.locator("#scan-band")).to_contain_text("✓ OK Received. " + CODE, use_inner_text=True)


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
    expect(page.locator("#context-action")).to_have_text("Receive")
    expect(page.locator("#context-place")).to_have_text("Hatch")
    expect(page.locator("#scan-last li")).to_have_count(4)
    contexts = [(scan["code"], request["context"]) for request in edge.requests for scan in request["scans"]]
    unset = {"reason": None, "count": None, "case": None, "bag": None, "badge": edge.badge}
    both = {"action": card, "place": place, **unset}
    assert contexts == [
        (card, {"action": None, "place": None, **unset}),
        (place, {"action": card, "place": None, **unset}),
        (CODE, both),
        (OTHER, both),
    ]
    assert page.url.endswith("/")


def test_the_context_stays_over_pages_and_ends_with_the_person(page: Page, edge: Edge) -> None:
    card = new_code(CodeKind.DO_CARD, rng=RNG)
    edge.answer = setting_context({card: {"action": {"code": card, "name": "Receive"}}})
    wedge(page, card)
    expect(page.locator("#context-action")).to_have_text("Receive")
    page.reload()
    expect(page.locator("#context-action")).to_have_text("Receive")
    edge.badge = new_code(CodeKind.PERSON, rng=RNG)
    page.reload()
    expect(page.locator("#context-action")).to_have_text("No action set")


def test_one_click_ends_an_action(page: Page, edge: Edge) -> None:
    card = new_code(CodeKind.DO_CARD, rng=RNG)
    edge.answer = setting_context({card: {"action": {"code": card, "name": "Receive"}}})
    wedge(page, card)
    page.get_by_label("End this action").click()
    expect(page.locator("#context-action")).to_have_text("No action set")


def test_a_do_card_brings_its_reason_and_count(page: Page, edge: Edge) -> None:
    card = new_code(CodeKind.DO_CARD, rng=RNG)
    action = {"code": "make_slides", "name": "Make slides", "reason": "more", "count": 4}
    edge.answer = setting_context({card: {"action": action}})
    wedge(page, card)
    expect(page.locator("#context-action")).to_have_text("Make slides 4")
    wedge(page, CODE)
    expect(page.locator("#scan-code")).to_have_text(CODE)
    sent = edge.requests[-1]["context"]
    assert (sent["action"], sent["reason"], sent["count"]) == ("make_slides", "more", 4)


def test_a_bag_on_the_context_line_can_be_put_aside(page: Page, edge: Edge) -> None:
    bag = new_code(CodeKind.BAG, rng=RNG)
    edge.answer = lambda scan: {**ok(scan), "context": {"bag": bag}}
    wedge(page, bag)
    expect(page.locator("#context-bag")).to_have_text(bag)
    page.get_by_label("Put this bag aside").click()
    expect(page.locator("#context-bag")).to_be_hidden()


def test_the_verdict_says_to_whom_it_was_credited(page: Page, edge: Edge) -> None:
    edge.answer = lambda scan: {**ok(scan), "person": "K. Osei"}
    wedge(page, CODE)
    expect(page.locator("#scan-person")).to_have_text("as K. Osei")


def test_help_says_what_the_cards_do_until_the_next_scan(page: Page, edge: Edge) -> None:
    card = new_code(CodeKind.DO_CARD, rng=RNG)
    edge.answer = setting_context({card: {"help": True}})
    wedge(page, card)
    expect(page.locator("#scan-help")).to_contain_text("Scan a place first")
    wedge(page, CODE)
    expect(page.locator("#scan-help")).to_be_hidden()


def test_the_volume_makes_the_notes_softer_and_the_test_plays_all_four(
    page: Page, edge: Edge, sounds: Callable[[], list[tuple[int, float]]]
) -> None:
    page.clock.install()
    page.locator(".sound > summary").click()
    page.locator("#sound-volume").fill("40")
    assert page.evaluate("localStorage.getItem('labflow.volume')") == "40"
    page.locator("#sound-test").click()
    played = len(sounds())
    page.clock.run_for(4000)
    assert len(sounds()) - played >= 6
    expect(page.locator("#sound-tested")).to_have_text("STOP")
