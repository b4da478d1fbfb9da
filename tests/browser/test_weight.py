"""What a load weighs (UX 7): kilobytes of every file when gzipped, for a cache that is still empty."""

from __future__ import annotations

import gzip
from dataclasses import dataclass

import pytest
from playwright.sync_api import BrowserContext, Page, Response

from tests.served import LiveServer

from .site_map import NOBODY, filled
from .support import become

KB = 1000
OWN_CSS_KB, OWN_JS_KB = 14, 45
# The first load is the sign-in page. Few devices come to a page behind it with an empty cache.
FIRST_KB, BEHIND_KB = 90, 100
PAGES = [
    (NOBODY, "/sign-in", FIRST_KB),
    ("reception", "/", BEHIND_KB),
    ("operator", "/orders/{order}/procedure", BEHIND_KB),
]
CAMERA = ("camera.js", "zxing", "barcode-detector")


@dataclass(frozen=True)
class Part:
    """One file of a load and its size when gzipped."""

    path: str
    kb: float


@pytest.mark.parametrize(("role", "path", "most_kb"), PAGES, ids=lambda value: value)
def test_a_load_is_light_and_has_no_camera(
    page: Page, context: BrowserContext, live_server: LiveServer, role: str, path: str, most_kb: int
) -> None:
    if role != NOBODY:
        become(page, role)
    parts = first_load(context, filled(path, live_server.data))
    weights = "\n".join(f"{part.kb:6.1f} {part.path}" for part in parts)
    assert sum(part.kb for part in parts) <= most_kb, weights
    assert own(parts, ".css") <= OWN_CSS_KB, weights
    assert own(parts, ".js") <= OWN_JS_KB, weights
    assert not [part.path for part in parts if any(word in part.path for word in CAMERA)]


def first_load(context: BrowserContext, url: str) -> list[Part]:
    """What a tab without a cache and without a worker asks for until it is quiet, heaviest first."""
    seen: list[Response] = []
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    network.send("Network.setBypassServiceWorker", {"bypass": True})
    network.send("Network.setCacheDisabled", {"cacheDisabled": True})
    page.on("response", lambda answer: seen.append(answer))
    page.goto(url)
    page.wait_for_load_state("networkidle")
    bodies = {answer.url: answer.body() for answer in seen if answer.status == 200}
    parts = [Part(path, len(gzip.compress(body, 9)) / KB) for path, body in bodies.items()]
    return sorted(parts, key=lambda part: -part.kb)


def own(parts: list[Part], ending: str) -> float:
    """Kilobytes of labflow's own files, without those of others."""
    return sum(part.kb for part in parts if part.path.endswith(ending) and "/vendor/" not in part.path)


def test_the_camera_comes_with_the_tap(page: Page) -> None:
    become(page, "reception")
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url))
    page.goto("/reception")
    page.get_by_text("Can't scan?").click()
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if any(word in url for word in CAMERA)]
    with page.expect_response(lambda answer: answer.url.endswith("camera.js")):
        page.get_by_role("button", name="Use the camera").click()
