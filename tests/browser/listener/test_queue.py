"""Scans on their way to the server: each once, in order, whatever the network and the reader do."""

from __future__ import annotations

import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from labflow.foundation.codes import CodeKind, new_code

from ..support import wedge
from .edge import CODE, OTHER, RNG, Edge, Scan, Verdict, answering, ok
from .hands import QUIET_MS, verdict_word

ADD_ALL = """async codes => { const {queue} = await import("/static/js/scan_listener.js");
    for (const code of codes) await queue.add(code, "scanned"); }"""
# A transaction that does not end lets no other write.
HOLD_WRITES = """async () => {
    const opening = indexedDB.open("labflow-scans");
    await new Promise(done => { opening.onsuccess = done; });
    const scans = opening.result.transaction("scans", "readwrite").objectStore("scans");
    let held = true;
    window.goOn = () => { held = false; };
    const hold = () => { if (held) scans.get(0).onsuccess = hold; };
    hold();
}"""
NO_DATABASE = "indexedDB.open = () => { throw new DOMException('private', 'InvalidStateError'); };"
FULL_DISK = "IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); };"


def agreed(page: Page) -> list[str]:
    """The questions that the page asks from now on; each is answered with yes."""
    asked: list[str] = []

    def agree(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", agree)
    return asked


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
    edge.refusal = (503, {})
    page.evaluate(ADD_ALL, codes)
    expect(page.locator("#offline-pill")).to_have_text("Offline · 120 waiting to send")
    edge.refusal = None
    expect(page.locator("#scan-code")).to_have_text(codes[-1])
    assert [len(request["scans"]) for request in edge.requests] == [100, 20]
    assert edge.codes == codes


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
    first, second = edge.scans
    assert len([ids for ids in edge.attempts if first["event_id"] in ids]) >= 2
    assert first["late"]
    assert second["late"]


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
    assert [scan["late"] for scan in edge.scans] == [True] * 5


def test_leaving_the_page_with_unsent_scans_warns(page: Page, edge: Edge) -> None:
    warnings = agreed(page)
    page.locator("h1").click()
    edge.refusal = (503, {})
    wedge(page, CODE)
    expect(page.locator("#offline-pill")).to_be_visible()
    page.goto("/elsewhere")
    assert warnings == ["beforeunload"]


def test_a_link_of_the_page_leads_on_without_a_warning(page: Page, edge: Edge) -> None:
    edge.refusal = (503, {})
    wedge(page, CODE)
    expect(page.locator("#offline-pill")).to_be_visible()
    page.locator("#link").click()  # a dialog would be dismissed, and the page stay
    page.wait_for_url("**/elsewhere")
    edge.refusal = None
    verdict_word(page, "OK")
    assert edge.codes == [CODE]


def test_a_scan_is_kept_before_the_band_says_read(page: Page) -> None:
    page.context.route("**/api/v1/scans", lambda route: route.abort())
    page.evaluate(HOLD_WRITES)
    wedge(page, CODE)
    expect(page.locator("#scan-word")).to_have_text("Ready to scan")
    page.evaluate("window.goOn()")
    expect(page.locator("#scan-word")).to_have_text(f"Read {CODE}")


def test_what_a_closed_tab_left_is_sent_when_labflow_is_opened_again(page: Page, edge: Edge) -> None:
    edge.refusal = (503, {})
    for code in (CODE, OTHER):
        wedge(page, code)
    expect(page.locator("#offline-pill")).to_have_text("Offline · 2 waiting to send")
    context = page.context
    page.close()
    edge.refusal = None
    opened = context.new_page()
    opened.goto("/")
    expect(opened.locator("#scan-last li")).to_have_count(2)
    assert edge.codes == [CODE, OTHER]


def test_two_tabs_send_each_scan_once_and_in_order(page: Page, edge: Edge) -> None:
    other = page.context.new_page()
    other.goto("/")
    edge.refusal = (503, {})
    codes = [new_code(CodeKind.SAMPLE, rng=RNG) for _ in range(6)]
    for number, code in enumerate(codes):
        tab = (page, other)[number % 2]
        wedge(tab, code)
        expect(tab.locator("#scan-word")).to_have_text(f"Read {code}")
    edge.refusal = None
    for tab in (page, other):
        expect(tab.locator("#scan-last li")).to_have_count(3)
    assert edge.codes == codes
    assert edge.most_flying == 1


def test_an_answer_that_was_lost_comes_again_under_the_same_id(page: Page, edge: Edge) -> None:
    def lose(route: Route) -> None:
        route.fetch()  # the server has it
        route.abort()

    page.context.route("**/api/v1/scans", lose, times=1)
    wedge(page, CODE)
    verdict_word(page, "OK")
    assert edge.codes == [CODE, CODE]
    assert len({scan["event_id"] for scan in edge.scans}) == 1


def test_a_card_scanned_offline_means_the_scans_behind_it_after_a_reload(page: Page, edge: Edge) -> None:
    card = new_code(CodeKind.DO_CARD, rng=RNG)
    action = {"code": "reject", "name": "Reject", "reason": "CLOTTED", "count": None}
    sets = {"context": {"action": action}}
    edge.answer = lambda scan: {**ok(scan), **(sets if scan["code"] == card else {})}
    page.on("dialog", lambda dialog: dialog.accept())
    page.context.route("**/api/v1/scans", lambda route: route.abort())
    for code in (OTHER, card, CODE):
        wedge(page, code)
    expect(page.locator("#offline-pill")).to_have_text("Offline · 3 waiting to send")
    page.reload()
    page.context.unroute("**/api/v1/scans")
    expect(page.locator("#scan-last li")).to_have_count(3)
    told = [(sent["context"]["action"], sent["context"]["reason"]) for sent in edge.requests]
    assert told == [(None, None), ("reject", "CLOTTED")]
    expect(page.locator("#context-action")).to_have_text("Reject")


@pytest.mark.parametrize("trouble", [NO_DATABASE, FULL_DISK])
def test_where_the_browser_keeps_nothing_it_says_so_and_still_sends(
    page: Page, edge: Edge, trouble: str
) -> None:
    page.add_init_script(trouble)
    page.reload()
    edge.refusal = (503, {})
    for code in (CODE, OTHER):
        wedge(page, code)
    expect(page.locator("#waiting-here")).to_contain_text("This browser keeps nothing here")
    warnings = agreed(page)
    page.locator("#link").click()
    page.wait_for_url("**/elsewhere")
    assert warnings == ["beforeunload"]
    edge.refusal = None
    expect(page.locator("#scan-last li")).to_have_count(2)
    assert edge.codes == [CODE, OTHER]
    expect(page.locator("#waiting-here")).to_be_hidden()


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
