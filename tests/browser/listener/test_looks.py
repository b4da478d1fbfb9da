"""The shell fits every width and both themes, and shows the child whole."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from ..support import axe_faults, wedge
from .edge import CODE, Edge, answering
from .hands import verdict_word


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 768, 1920])
def test_the_page_fits_and_axe_finds_nothing(page: Page, edge: Edge, width: int, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 640})
    edge.answer = answering(**{CODE: "CHOOSE"})
    wedge(page, CODE)
    verdict_word(page, "CHOOSE")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe_faults(page) == []


def test_the_stop_screen_has_no_contrast_fault(page: Page, edge: Edge) -> None:
    edge.answer = answering(**{CODE: "STOP"})
    wedge(page, CODE)
    expect(page.locator("#scan-stop")).to_be_visible()
    assert axe_faults(page) == []


def test_the_longest_names_are_never_cut(page: Page, edge: Edge) -> None:
    edge.give_patient(family_name="W" * 35, given_name="Maximiliana Wilhelmina Theodora Ann")
    page.set_viewport_size({"width": 320, "height": 640})
    page.reload()
    name = page.locator(".patient-banner .patient-name")
    expect(name).to_have_text("W" * 35 + ", Maximiliana Wilhelmina Theodora Ann")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    box = name.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 320
