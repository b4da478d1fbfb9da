"""Scans on their way to the server: each once, in order, whatever the network and the reader do."""

from __future__ import annotations

import pytest
from playwright.sync_api import Dialog, Page, expect

from labflow.foundation.codes import CodeKind, new_code

from ..support import wedge
from .edge import CODE, OTHER, RNG, Edge, Scan, Verdict, answering, ok
from .hands import QUIET_MS, verdict_word


@pytest.mark.parametrize("seconds", [0, 0.15, 0.4])
def test_forty_scans_arrive_once_each_in_order(page: Page, edge: Edge, seconds: float) -> None:
    edge.seconds = seconds
    codes = [new_code(CodeKind.SAMPLE, rng=RNG) for _ in range(40)]
    for code in codes:
        wedge(page, code, char_ms=0)
    expect(page.locator("#scan-code")).to_have_text(codes[-1])
    assert edge.codes == codes
    assert edge.most_flying == 1
    assert len({scan["event_id"] for scan in edge.scans}) == 40


def test_a_hundred_and_twenty_waiting_scans_go_in_batches_of_at_most_a_hundred(
    page: Page, edge: Edge
) -> None:
    codes = [new_code(CodeKind.SAMPLE, rng=RNG) for _ in range(120)]
    script = """async codes => { const {ScanQueue} = await import('/static/js/queue.js'); const sizes = [];
        const store = {load: () => codes.map(code => ({event_id: code, code})), save() {}};
        const send = async (context, scans) => { sizes.push(scans.length); return {verdicts: scans}; };
        const tell = {verdicts() {}, changed() {}, paused() {}};
        const queue = new ScanQueue({store, send, context: () => ({action: null, place: null}), tell});
        await queue.drain(); return sizes; }"""
    assert page.evaluate(script, codes) == [100, 20]


def test_bad_codes_among_fifty_do_not_hold_up_the_others(page: Page, edge: Edge) -> None:
    codes = [new_code(CodeKind.SAMPLE, rng=RNG) for _ in range(50)]
    for number, code in enumerate(codes):
        wedge(page, code[:-1] if number % 10 == 5 else code, char_ms=0)
    expect(page.locator("#scan-again-count")).to_have_text("5")
    expect(page.locator("#scan-code")).to_have_text(codes[-1])
    assert edge.codes == [code for number, code in enumerate(codes) if number % 10 != 5]


def test_the_same_label_read_twice_at_once_counts_once_and_silently(page: Page, edge: Edge) -> None:
    wedge(page, CODE)
    verdict_word(page, "OK")
    wedge(page, CODE)
    expect(page.locator("#scan-stutters")).to_have_text("read 2 times")
    page.wait_for_timeout(QUIET_MS)
    assert edge.codes == [CODE]


def test_the_same_label_again_later_is_asked_and_answered_already(page: Page, edge: Edge) -> None:
    received: set[str] = set()

    def answer(scan: Scan) -> Verdict:
        if scan["code"] in received:
            return {"verdict": "ALREADY", "title": "Received 10:42 by K. Osei", "detail": "Nothing to do."}
        received.add(scan["code"])
        return ok(scan)

    edge.answer = answer
    wedge(page, CODE)
    verdict_word(page, "OK")
    page.wait_for_timeout(1600)
    wedge(page, CODE)
    verdict_word(page, "ALREADY")
    expect(page.locator("#scan-band")).to_contain_text("Received 10:42 by K. Osei")
    assert edge.codes == [CODE, CODE]


def test_a_busy_server_is_asked_again_with_the_same_ids(page: Page, edge: Edge) -> None:
    edge.refusal = (503, {"title": "Busy", "detail": "Try again."})
    wedge(page, CODE)
    expect(page.locator("#offline-pill")).to_be_visible()
    wedge(page, OTHER)
    edge.refusal = None
    verdict_word(page, "OK")
    expect(page.locator("#offline-pill")).to_be_hidden()
    assert edge.codes == [CODE, OTHER]
    first = edge.scans[0]["event_id"]
    assert len([ids for ids in edge.attempts if first in ids]) >= 2


def test_scans_made_offline_outlive_a_reload(page: Page, edge: Edge) -> None:
    codes = [new_code(CodeKind.SAMPLE, rng=RNG) for _ in range(5)]
    page.on("dialog", lambda dialog: dialog.accept())  # it warns before the page is left
    page.context.route("**/api/v1/scans", lambda route: route.abort())
    for code in codes:
        wedge(page, code)
    expect(page.locator("#offline-pill")).to_have_text("Offline · 5 waiting to send")
    page.reload()
    page.context.unroute("**/api/v1/scans")
    expect(page.locator("#scan-last li")).to_have_count(5)
    assert edge.codes == codes


def test_leaving_the_page_with_unsent_scans_warns(page: Page, edge: Edge) -> None:
    warnings: list[str] = []

    def agree(dialog: Dialog) -> None:
        warnings.append(dialog.type)
        dialog.accept()

    page.on("dialog", agree)
    page.locator("h1").click()
    edge.refusal = (503, {})
    wedge(page, CODE)
    expect(page.locator("#offline-pill")).to_be_visible()
    page.goto("/elsewhere")
    assert warnings == ["beforeunload"]


def test_nobody_else_sends_the_scans_of_who_was_signed_out(page: Page, edge: Edge) -> None:
    mine = edge.badge
    page.on("dialog", lambda dialog: dialog.accept())
    edge.refusal = (401, {"title": "You are not signed in", "detail": "Sign in and try again."})
    wedge(page, CODE)
    expect(page.locator("#scan-band")).to_contain_text("You are not signed in.")
    edge.refusal, edge.badge = None, new_code(CodeKind.PERSON, rng=RNG)
    page.reload()
    wedge(page, OTHER)
    verdict_word(page, "OK")
    assert edge.codes == [OTHER]
    edge.badge = mine
    page.reload()
    verdict_word(page, "OK")
    assert edge.codes == [OTHER, CODE]


def test_one_refused_scan_does_not_take_the_others_with_it(page: Page, edge: Edge) -> None:
    edge.seconds = 0.3
    edge.refusal = (
        422,
        {"title": "This scan was sent before with other content", "detail": "Scan it again."},
    )
    edge.refuses = lambda scans: any(scan["code"] == OTHER for scan in scans)
    codes = [new_code(CodeKind.SAMPLE, rng=RNG) for _ in range(3)]
    for code in (codes[0], codes[1], OTHER, codes[2]):
        wedge(page, code)
    expect(page.locator("#scan-last li")).to_have_count(4)
    expect(page.locator("#scan-again")).to_contain_text("This scan was sent before with other content.")
    assert edge.codes == codes


def test_a_batch_shows_its_gravest_verdict_and_lists_all(page: Page, edge: Edge) -> None:
    edge.seconds = 0.4
    edge.answer = answering(**{OTHER: "CHOOSE"})
    codes = [new_code(CodeKind.SAMPLE, rng=RNG) for _ in range(2)]
    for code in (CODE, codes[0], OTHER, codes[1]):
        wedge(page, code, char_ms=0)
    expect(page.locator("#scan-code")).to_have_text(OTHER)
    expect(page.locator("#scan-last li")).to_have_count(4)
    expect(page.locator("#scan-again-count")).to_have_text("1")


def test_only_the_last_five_verdicts_are_listed(page: Page, edge: Edge) -> None:
    codes = [new_code(CodeKind.SAMPLE, rng=RNG) for _ in range(7)]
    for code in codes:
        wedge(page, code, char_ms=0)
    expect(page.locator("#scan-code")).to_have_text(codes[-1])
    expect(page.locator("#scan-last li")).to_have_count(5)
