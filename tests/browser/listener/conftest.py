"""The listener's pages come from an edge of their own: real templates and files, recorded scans."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from .edge import CODE, Edge, serving

# A verdict is awaited, not timed, and the machine may be busy with other tests.
expect.set_options(timeout=20_000)


@pytest.fixture
def edge() -> Edge:
    return Edge(virtual=CODE)


@pytest.fixture
def url(edge: Edge) -> Iterator[str]:
    with serving(edge) as address:
        yield address


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    """A signed-in page of the edge; afterwards no script may have failed and no policy been broken."""
    context = browser.new_context(base_url=url, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on("console", lambda line: faults.append(line.text) if "Content Security" in line.text else None)
    page.goto("/")
    yield page
    context.close()
    assert faults == []


RECORD_NOTES = """
window.notes = [];
const level = {gain: {setValueAtTime() {}, linearRampToValueAtTime() {}}, connect: () => level};
window.AudioContext = class {
    currentTime = 0;
    resume() {}
    createGain() { return level; }
    createOscillator() {
        const tone = {frequency: {}, connect: () => level, start: at => { tone.from = at; }};
        tone.stop = at => window.notes.push([tone.frequency.value, at - tone.from]);
        return tone;
    }
};
"""


@pytest.fixture
def sounds(page: Page) -> Callable[[], list[tuple[int, float]]]:
    """The notes (hertz, seconds) that the page has played so far."""
    page.add_init_script(RECORD_NOTES)
    page.reload()
    return lambda: [(hertz, round(seconds, 2)) for hertz, seconds in page.evaluate("window.notes")]
