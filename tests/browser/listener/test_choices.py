"""What a person does about a verdict: choose, undo, type what cannot be scanned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from labflow.foundation.codes import CodeKind, new_code

from ..support import wedge
from .edge import CODE, OTHER, RNG, UNDO, Edge, Scan, Verdict, ok
from .hands import QUIET_MS, verdict_word

REASONS = [{"code": "CLOTTED", "words": "Clotted"}, {"code": "LEAKED", "words": "Leaked"}]


def asking_why(scan: Scan) -> Verdict:
    """CODE alone is asked about; with a choice it is done."""
    if scan["code"] != CODE or scan.get("choice"):
        return ok(scan)
    return {"verdict": "CHOOSE", "title": "Why is it rejected", "detail": "Choose.", "choices": REASONS}


@pytest.fixture
def asked(page: Page, edge: Edge) -> Page:
    edge.answer = asking_why
    wedge(page, CODE)
    expect(page.get_by_role("button", name="2 Leaked")).to_be_visible()
    return page


@pytest.mark.parametrize("how", ["digit", "click"])
def test_a_choice_is_the_same_code_again_with_the_choice(asked: Page, edge: Edge, how: str) -> None:
    if how == "digit":
        asked.keyboard.press("2")
    else:
        asked.get_by_role("button", name="2 Leaked").click()
    verdict_word(asked, "OK")
    assert [(scan["code"], scan.get("choice")) for scan in edge.scans] == [(CODE, None), (CODE, "LEAKED")]
    assert len({scan["event_id"] for scan in edge.scans}) == 2
    expect(asked.locator("#scan-choices")).to_be_hidden()
    expect(asked.locator("#scan-again li")).to_have_count(0)


def test_the_next_scan_drops_the_choice_to_be_looked_at_again(asked: Page, edge: Edge) -> None:
    expect(asked.locator("#scan-again li")).to_have_count(0)
    wedge(asked, OTHER)
    verdict_word(asked, "OK")
    expect(asked.locator("#scan-choices")).to_be_hidden()
    expect(asked.locator("#scan-again")).to_contain_text("Why is it rejected.")
    assert edge.codes == [CODE, OTHER]


@pytest.mark.parametrize("text", ["1", "12", "2212345"])
def test_digits_of_a_field_or_of_a_scan_choose_nothing(asked: Page, edge: Edge, text: str) -> None:
    if len(text) < 3:
        asked.locator("#field-comment").press_sequentially(text, delay=200)
    else:
        wedge(asked, text, suffix=None)
    asked.wait_for_timeout(QUIET_MS)
    assert edge.codes == [CODE]


def undoable(scan: Scan) -> Verdict:
    until = datetime.now(UTC) + timedelta(seconds=90)
    return {**ok(scan), "undo_until": None if scan["code"] == UNDO else until.isoformat()}


@pytest.mark.parametrize("how", ["button", "Control+z"])
def test_undo_sends_its_card_while_it_counts_down(page: Page, edge: Edge, how: str) -> None:
    edge.answer = undoable
    wedge(page, CODE)
    expect(page.locator("#scan-undo")).to_be_visible()
    seconds = int((page.locator("#scan-undo").text_content() or "").split()[1])
    assert 60 < seconds <= 90
    if how == "button":
        page.locator("#scan-undo").click()
    else:
        page.keyboard.press(how)
    expect(page.locator("#scan-undo")).to_be_hidden()
    assert edge.codes == [CODE, UNDO]


def test_undo_goes_when_its_time_is_over_and_is_not_there_before(page: Page, edge: Edge) -> None:
    expect(page.locator("#scan-undo")).to_be_hidden()
    page.keyboard.press("Control+z")
    page.clock.install()
    edge.answer = undoable
    wedge(page, CODE)
    expect(page.locator("#scan-undo")).to_be_visible()
    page.clock.run_for(91_000)
    expect(page.locator("#scan-undo")).to_be_hidden()
    assert edge.codes == [CODE]


def test_control_z_in_a_field_is_the_fields(page: Page, edge: Edge) -> None:
    edge.answer = undoable
    wedge(page, CODE)
    expect(page.locator("#scan-undo")).to_be_visible()
    page.locator("#field-comment").press("Control+z")
    page.wait_for_timeout(QUIET_MS)
    assert edge.codes == [CODE]


def type_number(page: Page, number: str, second: str = "") -> None:
    page.get_by_text("Can't scan?").click()
    page.get_by_label("Number on the label").press_sequentially(number, delay=70)
    page.get_by_label("MRN or birth date").fill(second)
    page.get_by_role("button", name="Enter number").click()


def test_a_sample_typed_by_hand_says_so_and_brings_a_second_thing(page: Page, edge: Edge) -> None:
    type_number(page, f" {CODE[:4].lower()} {CODE[4:]}", "14-Jul-2019")
    verdict_word(page, "OK")
    typed = [(scan["code"], scan["read_by"], scan.get("second")) for scan in edge.scans]
    assert typed == [(CODE, "typed", "14-Jul-2019")]


def test_a_choice_after_a_typed_number_is_typed_too(page: Page, edge: Edge) -> None:
    edge.answer = asking_why
    type_number(page, CODE, "1234567890")
    page.get_by_role("button", name="1 Clotted").click()
    verdict_word(page, "OK")
    assert [(scan["read_by"], scan.get("second")) for scan in edge.scans] == [("typed", "1234567890")] * 2


@pytest.mark.parametrize("kind", [CodeKind.PLACE, CodeKind.BAG, CodeKind.DO_CARD, CodeKind.RACK])
def test_places_bags_and_cards_need_no_second_thing(page: Page, edge: Edge, kind: CodeKind) -> None:
    code = new_code(kind, rng=RNG)
    type_number(page, code)
    verdict_word(page, "OK")
    assert [(scan["code"], scan.get("second")) for scan in edge.scans] == [(code, None)]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (CODE[:-1], "This number does not fit."),
        (CODE, "Type the MRN or the birth date"),
        (new_code(CodeKind.PERSON, rng=RNG), "A badge cannot be typed."),
    ],
)
def test_what_cannot_be_typed_is_said_and_not_sent(page: Page, edge: Edge, number: str, words: str) -> None:
    type_number(page, number)
    expect(page.locator("#scan-typed-fault")).to_contain_text(words)
    assert edge.attempts == []
