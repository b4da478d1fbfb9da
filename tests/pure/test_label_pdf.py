"""Labels as PDF: pages of exact size, symbols on the printer's dots, text that is only text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labflow.catalog import LabelDesign
from labflow.labels import code_128, code_sheet, labels_pdf
from labflow.labels.bars import dark_runs
from labflow.labels.matrix import data_matrix
from tests.label_cases import (
    DESIGNS,
    HARMFUL_NAMES,
    LONG,
    TUBE,
    content,
    contents,
    pages,
    printed_pdf,
    read,
    symbols_of,
)

MM = 25.4 / 72
ACTIONS = re.compile(rb"/(JavaScript|JS|URI|OpenAction|AA|A|Launch|Annots?|EmbeddedFile|GoTo\w*)\b")


@contextmanager
def opened(pdf: bytes) -> Iterator[pypdfium2.PdfDocument]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        yield document
    finally:
        document.close()


def is_dark(image: Image.Image, x: int, y: int) -> bool:
    return image.crop((x, y, x + 1, y + 1)).tobytes()[0] < 128


def text_of(pdf: bytes) -> str:
    """The text of all pages without blanks and line ends."""
    with opened(pdf) as document:
        return "".join("".join(page.get_textpage().get_text_range().split()) for page in document)


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.code)
def test_a_page_is_exactly_the_label(design: LabelDesign) -> None:
    with opened(labels_pdf(contents(design, 3), title="Labels")) as document:
        sizes = [page.get_size() for page in document]
    assert len(sizes) == 3
    for width, height in sizes:
        assert width * MM == pytest.approx(design.width_mm, abs=0.1)
        assert height * MM == pytest.approx(design.height_mm, abs=0.1)


def test_one_document_may_hold_labels_of_several_designs() -> None:
    with opened(labels_pdf([content(design) for design in DESIGNS], title="Labels")) as document:
        assert len({page.get_size() for page in document}) >= 7


@pytest.mark.parametrize("dpi", [300, 600])
@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.code)
def test_every_label_decodes_to_its_own_code_whatever_the_name(design: LabelDesign, dpi: int) -> None:
    labels = contents(design, 29, seed=dpi)
    found = [read(image) for image in printed_pdf(labels, dpi)]
    assert found == [dict.fromkeys(symbols_of(design), label.code) for label in labels]


@pytest.mark.parametrize("name", [LONG, *HARMFUL_NAMES[:5], *HARMFUL_NAMES[7:11]])
def test_the_text_is_there_literally(name: str) -> None:
    text = text_of(labels_pdf([content(TUBE, name=name)], title="Labels"))
    assert "".join(sign for sign in name if sign.isprintable() and sign != " ") in text
    assert "MRN1234567890·Born14-Jul-2019" in text
    assert "S7K2R04PX·LF26-000123-X·03" in text


@pytest.mark.parametrize("name", HARMFUL_NAMES)
def test_no_name_adds_an_action_a_link_or_a_script(name: str) -> None:
    pdf = labels_pdf([content(TUBE, name=name)], title="Labels")
    outside_streams = re.sub(rb"stream.*?endstream", b"", pdf, flags=re.DOTALL)
    assert not ACTIONS.search(outside_streams)
    with opened(pdf) as document:
        assert len(document) == 1


@given(st.text(max_size=160))
@settings(deadline=None, max_examples=30)
def test_no_name_changes_the_symbols(name: str) -> None:
    (image,) = printed_pdf([content(TUBE, name=name)], 300)
    assert read(image) == {"Code128": "S7K2R04PX", "DataMatrix": "S7K2R04PX"}


def test_the_title_and_the_symbols_name_no_child() -> None:
    with opened(labels_pdf([content(TUBE)], title="Labels of LF26-000123-X")) as document:
        assert document.get_metadata_dict()["Title"] == "Labels of LF26-000123-X"
        assert "SMITH" not in str(document.get_metadata_dict())


def test_the_bars_lie_on_the_printers_dots_with_a_quiet_zone() -> None:
    (image,) = printed_pdf([content(TUBE)], 300)
    row = image.height - 80
    dark = [x for x in range(image.width - 120) if is_dark(image, x, row)]
    assert dark[0] >= 30
    runs = [(3 * start, 3 * length) for start, length in dark_runs(code_128("S7K2R04PX"))]
    assert dark == [dark[0] + start + dot for start, length in runs for dot in range(length)]
    assert image.width - 120 - dark[-1] > 0


def test_the_cells_lie_on_the_printers_dots_without_seams() -> None:
    (image,) = printed_pdf([content(TUBE)], 300)
    cells = data_matrix("S7K2R04PX")
    corner = next((x, y) for y in range(150, 300) for x in range(490, 600) if is_dark(image, x, y))
    for row, line in enumerate(cells):
        for column, cell in enumerate(line):
            inside = corner[0] + 6 * column + 3, corner[1] + 6 * row + 3
            assert is_dark(image, *inside) == (cell == "1")


def test_a_right_to_left_name_is_drawn_at_the_top_left_as_it_is_read() -> None:
    (image,) = printed_pdf([content(TUBE, name="כהן, יעל")], 300)
    assert min(image.crop((7, 7, 100, 45)).tobytes()) == 0
    with opened(labels_pdf([content(TUBE, name="כהן, יעל")], title="Labels")) as document:
        text = document[0].get_textpage()
        boxes = {sign: text.get_charbox(number)[0] for number, sign in enumerate(text.get_text_range()[:8])}
    assert boxes["כ"] > boxes["ן"] > boxes["י"] > boxes["ל"]


def test_the_same_label_is_the_same_bytes() -> None:
    labels = contents(TUBE, 5)
    assert labels_pdf(labels, title="Labels") == labels_pdf(labels, title="Labels")


def test_a_sheet_has_both_symbols_of_our_codes_and_bars_of_others() -> None:
    wristband = "WB1234567890-20190714"
    sections = [("Places", [("P3R28GS03", "Theatre")]), ("Wristbands", [(wristband, "SMITH, Jane")])]
    (page,) = pages(code_sheet(sections, title="Codes"), 300)
    ours = page.crop((0, 0, page.width, page.height // 6))
    others = page.crop((0, page.height // 6, page.width, page.height))
    assert read(ours) == {"Code128": "P3R28GS03", "DataMatrix": "P3R28GS03"}
    assert read(others) == {"Code128": wristband}


def test_a_sheet_goes_on_over_pages() -> None:
    codes = [(label.code, "words") for label in contents(TUBE, 60)]
    found = [read(page) for page in pages(code_sheet([("Codes", codes)], title="Codes"), 150)]
    assert len(found) == 2
