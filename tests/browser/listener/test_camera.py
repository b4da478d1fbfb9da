"""The camera as a scanner: Chromium films a picture of our label, or is not allowed to."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, expect

from labflow import labels

from ..conftest import CHROMIUM_FLAGS
from .edge import CODE, OTHER, Edge
from .hands import verdict_word

WIDTH, HEIGHT = 640, 480
MODULE = 4


def bars(*codes: str) -> Image.Image:
    """A grey picture, as a camera sees it, with the bars of these codes one below the other."""
    picture = Image.new("L", (WIDTH, HEIGHT), 255)
    draw = ImageDraw.Draw(picture)
    height = HEIGHT // (2 * len(codes))
    for row, code in enumerate(codes):
        modules = labels.code_128(code)
        left, top = (WIDTH - MODULE * len(modules)) // 2, height // 2 + row * 2 * height
        for place, module in enumerate(modules):
            if module == "1":
                x = left + place * MODULE
                draw.rectangle((x, top, x + MODULE - 1, top + height), fill=20)
    return picture


def film(picture: Image.Image, path: Path) -> Path:
    """A YUV4MPEG2 film of this picture, which Chromium plays in place of a camera."""
    colour = bytes([128]) * (WIDTH * HEIGHT // 4)
    frame = b"FRAME\n" + picture.tobytes() + colour + colour
    path.write_bytes(b"YUV4MPEG2 W%d H%d F10:1 Ip A1:1 C420jpeg\n" % (WIDTH, HEIGHT) + frame * 10)
    return path


@contextmanager
def filming(browser: Browser, url: str, *flags: str, allowed: bool = True) -> Iterator[Page]:
    """A page of the edge in a Chromium with these flags of its camera."""
    chromium = shutil.which("chromium")
    own = browser.browser_type.launch(executable_path=chromium, args=[*CHROMIUM_FLAGS, *flags])
    try:
        page = own.new_context(base_url=url, permissions=["camera"] if allowed else []).new_page()
        page.goto("/")
        yield page
    finally:
        own.close()


def fake_camera(picture: Image.Image, folder: Path) -> list[str]:
    path = film(picture, folder / "camera.y4m")
    return ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={path}"]


def start(page: Page) -> None:
    page.get_by_text("Can't scan?").click()
    page.get_by_role("button", name="Use the camera").click()


def test_a_label_before_the_camera_is_one_scan(
    browser: Browser, url: str, edge: Edge, tmp_path: Path
) -> None:
    with filming(browser, url, *fake_camera(bars(CODE), tmp_path)) as page:
        start(page)
        verdict_word(page, "OK")
        expect(page.locator("#camera-words")).to_have_text(f"Read {CODE}.")
        page.wait_for_timeout(3000)  # longer than the pause in which the same code is the same label
        assert [(scan["code"], scan["read_by"]) for scan in edge.scans] == [(CODE, "camera")]
        page.get_by_role("button", name="Close the camera").click()
        expect(page.locator("#camera")).to_be_hidden()


def test_two_labels_in_one_picture_are_neither(
    browser: Browser, url: str, edge: Edge, tmp_path: Path
) -> None:
    with filming(browser, url, *fake_camera(bars(CODE, OTHER), tmp_path)) as page:
        start(page)
        expect(page.locator("#camera-words")).to_have_text("Two labels are in the picture. Show it one.")
        assert edge.attempts == []


def test_a_refused_camera_ends_at_the_typed_number(page: Page, edge: Edge) -> None:
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotAllowedError'); }"
    )
    page.reload()
    start(page)
    expect(page.locator("#scan-typed-fault")).to_contain_text("The camera was refused.")
    expect(page.get_by_label("Number on the label")).to_be_focused()


def test_without_https_it_says_so_and_a_photo_still_works(page: Page, edge: Edge, tmp_path: Path) -> None:
    page.add_init_script("delete Navigator.prototype.mediaDevices")
    page.reload()
    start(page)
    expect(page.locator("#scan-typed-fault")).to_contain_text("begins with https")
    expect(page.get_by_label("Number on the label")).to_be_focused()
    bars(CODE).save(tmp_path / "label.png")
    page.get_by_label("Or take a photo of the label").set_input_files(tmp_path / "label.png")
    verdict_word(page, "OK")
    assert [(scan["code"], scan["read_by"]) for scan in edge.scans] == [(CODE, "camera")]


def test_nothing_of_the_camera_is_loaded_before_the_tap(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    page.get_by_text("Can't scan?").click()
    expect(page.get_by_role("button", name="Use the camera")).to_be_visible()
    assert [url for url in asked if re.search("camera|barcode|zxing", url)] == []
