"""Keys become scans: whole codes only, wherever the focus is, and typing never does."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from labflow.foundation.codes import ALPHABET, CodeKind, check_code, new_code
from labflow.foundation.errors import Refused

from ..support import wedge
from .edge import CODE, OTHER, RNG, Edge
from .hands import QUIET_MS, verdict_word


@pytest.mark.parametrize("focus", ["body", "#link", "[data-row]", "#button", "#field-condition", "summary"])
def test_a_scan_counts_once_wherever_the_focus_is(page: Page, edge: Edge, focus: str) -> None:
    if focus != "body":
        page.locator(focus).first.focus()
    page.evaluate("scrollTo(0, 300)")
    wedge(page, CODE)
    verdict_word(page, "OK")
    assert edge.codes == [CODE]
    assert page.url.endswith("/")
    assert page.evaluate("scrollY") == 300


def test_a_damaged_code_is_never_taken(page: Page) -> None:
    damaged = [damage(new_code(CodeKind.SAMPLE, rng=RNG)) for _ in range(1000)]
    assert taken(page, damaged) == []


def test_the_browser_and_the_server_accept_the_same_codes(page: Page) -> None:
    codes = [new_code(kind, rng=RNG) for kind in CodeKind for _ in range(50)]
    guesses = ["S" + "".join(RNG.choices(ALPHABET, k=8)) for _ in range(500)]
    assert taken(page, codes) == codes
    assert taken(page, guesses) == [guess for guess in guesses if is_code(guess)]


def damage(code: str) -> str:
    place = RNG.randrange(1, 8)
    pair = RNG.choice([at for at in range(8) if code[at] != code[at + 1]])
    wrong = RNG.choice([sign for sign in ALPHABET if sign != code[place]])
    return RNG.choice(
        [
            code[1:],
            code[:-1],
            code[:place] + code[place + 1 :],
            code[:place] + code[place] + code[place:],
            code[:place] + wrong + code[place + 1 :],
            code[:pair] + code[pair + 1] + code[pair] + code[pair + 2 :],
            code + new_code(CodeKind.SAMPLE, rng=RNG),
        ]
    )


def taken(page: Page, texts: list[str]) -> list[str]:
    """Those of the texts that the page reads as codes."""
    read = "async texts => { const {readCode} = await import('/static/js/codes.js');"
    found: list[str] = page.evaluate(read + "return texts.filter(text => readCode(text).code) }", texts)
    return found


def is_code(text: str) -> bool:
    try:
        return bool(check_code(text))
    except Refused:
        return False


@pytest.mark.parametrize("text", [CODE[:-1], CODE[1:], CODE + OTHER, CODE[:4] + CODE[3:], "4006381333932"])
@pytest.mark.parametrize("suffix", ["Enter", None])
def test_an_unreadable_scan_is_said_and_nothing_is_sent(
    page: Page, edge: Edge, text: str, suffix: str | None
) -> None:
    page.locator("#button").focus()
    wedge(page, text, suffix=suffix)
    expect(page.locator("#scan-band")).to_contain_text("Scan it again or type the number.")
    assert page.locator("#scan-band").get_attribute("data-verdict") == "CHOOSE"
    assert edge.attempts == []
    assert page.url.endswith("/")


@pytest.mark.parametrize("prefix", ["", "]C0", "]C1", "]d1", "]d2", "]Q1"])
@pytest.mark.parametrize("suffix", ["Enter", "Tab", None])
def test_a_code_is_one_scan_with_every_prefix_and_suffix(
    page: Page, edge: Edge, prefix: str, suffix: str | None
) -> None:
    page.locator("#button").focus()
    wedge(page, prefix + CODE, suffix=suffix)
    verdict_word(page, "OK")
    assert edge.codes == [CODE]
    assert page.evaluate("document.activeElement.id") == "button"
    assert page.url.endswith("/")


def test_a_second_enter_belongs_to_the_first(page: Page, edge: Edge) -> None:
    page.locator("#button").focus()
    wedge(page, CODE, suffix="Enter Enter")
    verdict_word(page, "OK")
    page.wait_for_timeout(QUIET_MS)
    assert edge.codes == [CODE]
    assert page.url.endswith("/")


def test_inverted_capitals_are_turned_round(page: Page, edge: Edge) -> None:
    wedge(page, CODE.lower())
    verdict_word(page, "OK")
    assert edge.codes == [CODE]


def test_digits_of_the_number_block_count_whatever_num_lock_says(page: Page, edge: Edge) -> None:
    by_digit = "Insert End ArrowDown PageDown ArrowLeft Clear ArrowRight Home ArrowUp PageUp"
    keys = dict(zip("0123456789", by_digit.split(" "), strict=True))
    strokes = [
        {"key": keys.get(sign, sign), "code": f"Numpad{sign}" if sign in keys else ""} for sign in CODE
    ]
    assert burst_text(page, strokes) == CODE


def burst_text(
    page: Page, strokes: list[dict[str, str]], *, gap_ms: float = 10, pause: tuple[int, float] = (0, 0)
) -> str | None:
    """What the burst recogniser reads from these keys and an Enter; `pause` is a place and milliseconds."""
    script = """async ([strokes, gap, [place, pause]]) => {
        const {Burst} = await import('/static/js/burst.js');
        const burst = new Burst();
        const time = number => 1000 + number * gap + (number >= place ? pause : 0);
        const feed = (stroke, number) => burst.feed({...stroke, at: time(number)});
        return [...strokes, {key: 'Enter'}].map(feed).at(-1).text;
    }"""
    text: str | None = page.evaluate(script, [strokes, gap_ms, pause])
    return text


@pytest.mark.parametrize("place", range(1, 10))
def test_one_pause_inside_a_burst_neither_cuts_nor_loses_it(page: Page, place: int) -> None:
    assert burst_text(page, [{"key": sign} for sign in CODE], pause=(place, 250)) == CODE


def test_a_key_after_a_long_pause_belongs_to_the_next_burst(page: Page) -> None:
    assert burst_text(page, [{"key": sign} for sign in "X" + CODE], pause=(1, 310)) == CODE


@pytest.mark.parametrize("gap_ms", [2, 10, 45])
def test_a_scanner_may_be_fast_or_slow(page: Page, gap_ms: float) -> None:
    assert burst_text(page, [{"key": sign} for sign in CODE], gap_ms=gap_ms) == CODE


def test_a_shortcut_runs_when_no_further_key_follows(page: Page) -> None:
    page.keyboard.press("j")
    expect(page.locator("[data-row]").first).to_be_focused()
    page.keyboard.press("?")
    expect(page.locator("#hotkeys")).to_contain_text("g q")


def test_the_virtual_scanner_goes_through_the_same_listener(page: Page, edge: Edge) -> None:
    page.locator("#virtual").click()
    verdict_word(page, "OK")
    assert [(scan["code"], scan["read_by"]) for scan in edge.scans] == [(CODE, "scanned")]
