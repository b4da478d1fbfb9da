"""A real browser against a real server: Debian's Chromium and `labflow serve --demo`."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from fasteners import InterProcessLock
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.served import LABFLOW, LiveServer, served
from tests.support import absent

HERE = Path(__file__).parent
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    chromium = shutil.which("chromium")
    if chromium is None:
        absent("browser tests need Debian's package chromium", unless="LABFLOW_REQUIRE_BROWSER")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo laboratory's data, made once for all workers; copy them before you change them."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "demo"
    with InterProcessLock(folder.with_suffix(".lock")):
        if not folder.exists():
            making = folder.with_suffix(".making")
            subprocess.run([LABFLOW, "--data", str(making), "demo"], check=True, stdout=subprocess.DEVNULL)
            making.rename(folder)
    return folder


@pytest.fixture(scope="module")
def live_server(
    browser: Browser, demo_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    """The demo laboratory, served for the tests of one module from a data folder of its own."""
    folder = Path(shutil.copytree(demo_data, tmp_path_factory.mktemp("live") / "data"))
    with served(folder, "--demo") as server:
        yield server


@pytest.fixture
def context(browser: Browser, live_server: LiveServer) -> Iterator[BrowserContext]:
    """Somebody's browser, signed out; afterwards no page may have failed or asked another host."""
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 800})
    faults: list[str] = []
    context.on("weberror", lambda fault: faults.append(f"script: {fault.error}"))
    context.on("console", lambda line: faults.append(line.text) if "Content Security" in line.text else None)
    context.on("request", lambda sent: faults.append(sent.url) if _outside(sent.url, live_server) else None)
    yield context
    context.close()
    assert faults == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A page 1280 x 800; `page.set_viewport_size` makes it a phone."""
    return context.new_page()


def _outside(url: str, server: LiveServer) -> bool:
    return not url.startswith((server.url, "data:", "blob:"))
