"""Whose a scan is: it waits for the person who made it, and nobody else ever sends it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from labflow.foundation.codes import CodeKind, new_code

from ..support import wedge
from .edge import CODE, OTHER, RNG, Edge
from .hands import QUIET_MS, verdict_word


def test_nobody_else_sends_the_scans_of_who_was_signed_out(page: Page, edge: Edge) -> None:
    mine = edge.badge
    page.on("dialog", lambda dialog: dialog.accept())
    edge.refusal = (401, {"title": "You are not signed in", "detail": "Sign in and try again."})
    wedge(page, CODE)
    expect(page.locator("#scan-band")).to_contain_text("You are not signed in.")
    edge.refusal, edge.badge = None, new_code(CodeKind.PERSON, rng=RNG)
    page.reload()
    expect(page.locator("#waiting-here")).to_contain_text(
        "1 scan of K. Osei waits until K. Osei signs in here"
    )
    wedge(page, OTHER)
    verdict_word(page, "OK")
    assert edge.codes == [OTHER]
    edge.badge = mine
    page.reload()
    verdict_word(page, "OK")
    assert edge.codes == [OTHER, CODE]
    expect(page.locator("#waiting-here")).to_be_hidden()


def test_scans_that_the_server_knows_for_another_persons_stay(page: Page, edge: Edge) -> None:
    somebody = new_code(CodeKind.PERSON, rng=RNG)
    problem = {"type": "other-person", "title": "Somebody else is signed in", "detail": "Scan your badge."}
    edge.refusal = (409, problem)
    wedge(page, CODE)
    expect(page.locator("#scan-band")).to_contain_text("Somebody else is signed in.")
    expect(page.locator("#waiting-here")).to_be_hidden()
    edge.badge, edge.refusal = somebody, None
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(page.locator("#waiting-here")).to_contain_text("1 scan of K. Osei waits")
    page.wait_for_timeout(QUIET_MS)
    assert edge.codes == []


def switching(edge: Edge, word: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Answers badges with this verdict; OK makes the next pages that person's."""

    def answer(content: dict[str, Any]) -> dict[str, Any]:
        if word == "OK":
            edge.badge = content["badge"]
        edge.requests.append({"context": {"badge": None}, "scans": [{"code": content["badge"]}]})
        said: dict[str, Any] = {
            "verdict": word,
            "title": f"{word} title",
            "detail": "",
            "url": None,
            "context": {},
        }
        return {"event_id": content["event_id"], "code": content["badge"], **said}

    return answer


def whose(edge: Edge) -> list[tuple[str, str | None]]:
    """Each code that arrived, with the badge that it was sent for."""
    return [(scan["code"], sent["context"]["badge"]) for sent in edge.requests for scan in sent["scans"]]


def test_scans_behind_a_badge_belong_to_it_also_offline(page: Page, edge: Edge) -> None:
    before, somebody = edge.badge, new_code(CodeKind.PERSON, rng=RNG)
    edge.answers["/api/v1/badge"] = switching(edge, "OK")
    page.context.route("**/api/v1/*", lambda route: route.abort())
    codes = [new_code(CodeKind.SAMPLE, rng=RNG) for _ in range(4)]
    for code in (codes[0], codes[1], somebody, codes[2], codes[3]):
        wedge(page, code)
    expect(page.locator("#offline-pill")).to_have_text("Offline · 5 waiting to send")
    expect(page.locator("#waiting-here")).to_contain_text(f"Badge {somebody} waits for the server.")
    page.context.unroute("**/api/v1/*")
    expect(page.locator("#scan-code")).to_have_text(codes[3])
    expect(page.locator("#offline-pill")).to_be_hidden()
    expect(page.locator("meta[name=labflow-badge]")).to_have_attribute("content", somebody)
    assert whose(edge) == [
        (codes[0], before),
        (codes[1], before),
        (somebody, None),
        (codes[2], somebody),
        (codes[3], somebody),
    ]


def test_a_badge_that_is_refused_leaves_its_scans_to_its_person(page: Page, edge: Edge) -> None:
    before, somebody = edge.badge, new_code(CodeKind.PERSON, rng=RNG)
    edge.answers["/api/v1/badge"] = switching(edge, "CHOOSE")
    page.context.route("**/api/v1/*", lambda route: route.abort())
    for code in (somebody, CODE):
        wedge(page, code)
    expect(page.locator("#offline-pill")).to_have_text("Offline · 2 waiting to send")
    page.context.unroute("**/api/v1/*")
    expect(page.locator("#waiting-here")).to_contain_text(
        f"1 scan of {somebody} waits until {somebody} signs in"
    )
    wedge(page, OTHER)
    verdict_word(page, "OK")
    assert whose(edge) == [(somebody, None), (OTHER, before)]
    edge.badge = somebody
    page.reload()
    verdict_word(page, "OK")
    assert whose(edge)[-1] == (CODE, somebody)
