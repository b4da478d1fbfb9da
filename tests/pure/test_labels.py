from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labflow.catalog import LabelDesign, SampleKind
from labflow.foundation.codes import CodeKind, new_code
from labflow.labels import LabelContent, LabelTooSmall, UnreadableBars, code_128, labels_pdf
from labflow.labels.bars import dark_runs
from labflow.labels.text import BOLD, MISSING, PLAIN, fit, printable, runs_right_to_left, width_of

TUBE = LabelDesign(code="TUBE", name="Tube", width_mm=50.8, height_mm=25.4, for_kinds=(SampleKind.TUBE,))
JANE = LabelContent(
    code="S7K2R04PX",
    name="SMITH, Jane",
    mrn="123 456 7890",
    born="14-Jul-2019",
    origin="Left posterior iliac crest, pull 2",
    container="K2EDTA tube",
    collected="20-Nov-2026 09:00",
    case_number="LF26-000123-X",
    number="03",
    design=TUBE,
)
LONG = "Wolfeschlegelsteinhausenbergerdorff", "Maximiliana-Wilhelmina-Theodora-Ann"


@contextmanager
def opened(pdf: bytes) -> Iterator[pypdfium2.PdfDocument]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        yield document
    finally:
        document.close()


def page_of(content: LabelContent) -> tuple[Image.Image, str]:
    """The label as a 300 dpi printer makes it, and its text without line ends."""
    with opened(labels_pdf([content], title="Labels")) as document:
        page = document[0]
        return page.render(scale=300 / 72).to_pil(), " ".join(page.get_textpage().get_text_range().split())


def test_the_page_is_exactly_the_label() -> None:
    with opened(labels_pdf([JANE, JANE], title="Labels")) as document:
        assert [page.get_size() for page in document] == [pytest.approx((144, 72))] * 2


@pytest.mark.parametrize("seed", range(60))
def test_every_label_decodes_at_300_dpi(seed: int) -> None:
    code = new_code(CodeKind.SAMPLE, rng=random.Random(seed))
    found = zxingcpp.read_barcode(page_of(replace(JANE, code=code))[0])
    assert found is not None
    assert (found.text, found.format) == (code, zxingcpp.BarcodeFormat.Code128)


def test_the_text_stands_beside_the_bars() -> None:
    text = page_of(JANE)[1]
    for part in (JANE.code, JANE.name, JANE.mrn, JANE.born, JANE.origin, JANE.container, JANE.collected):
        assert part in text
    assert f"{JANE.case_number} · {JANE.number}" in text


def test_the_name_stands_at_the_top_left() -> None:
    with opened(labels_pdf([JANE], title="Labels")) as document:
        text = document[0].get_textpage()
        start = text.get_text_range().index("SMITH")
        left, _, _, top = text.get_charbox(start)
    assert left < 10
    assert top > 60


def test_the_bars_lie_on_the_printers_dots_with_a_quiet_zone() -> None:
    image = page_of(JANE)[0].convert("L")
    bars = image.height - 90
    row = [image.getpixel((x, bars)) for x in range(image.width)]
    dark = [x for x, value in enumerate(row) if value == 0]
    assert dark[0] >= 30
    assert image.width - dark[-1] > 30
    runs = [(3 * start, 3 * length) for start, length in dark_runs(code_128(JANE.code))]
    assert dark == [dark[0] + start + dot for start, length in runs for dot in range(length)]


@pytest.mark.parametrize(
    "name", [f"{LONG[0].upper()}, {LONG[1]}", f"{'W' * 35}, {'W' * 35}", f"{'W' * 80}, {'M' * 80}", "Ñ" * 70]
)
def test_a_long_name_is_never_cut(name: str) -> None:
    image, text = page_of(replace(JANE, name=name, mrn="M" * 40))
    assert name.replace(" ", "") in text.replace(" ", "")
    assert "M" * 40 in text
    found = zxingcpp.read_barcode(image)
    assert found is not None
    assert found.text == JANE.code


@given(st.text(min_size=1, max_size=160), st.floats(40, 140), st.floats(8, 20))
@settings(deadline=None)
def test_fitted_text_keeps_every_sign_and_its_width(text: str, width: float, height: float) -> None:
    fitted = fit(text, BOLD, width=width, height=height, largest=9)
    assert "".join(fitted.lines).replace(" ", "") == printable(text, BOLD).replace(" ", "")
    assert all(width_of(line, BOLD, fitted.size) <= width for line in fitted.lines)


def test_a_sign_the_font_lacks_is_an_open_box() -> None:
    assert printable("张 Wei", PLAIN) == f"{MISSING} Wei"
    assert f"{MISSING}, Wei" in page_of(replace(JANE, name="张, Wei"))[1]


@pytest.mark.parametrize(
    "name", ["כהן, יעל", "عبد الله, محمد", "OÏŒ-ĆĞŁŻ, Þóra", "Ναταλία, Ελένη", "Ольга, Ірина"]
)
def test_names_of_the_world_need_no_substitute(name: str) -> None:
    assert printable(name, BOLD) == name


def test_a_name_read_from_right_to_left_is_drawn_as_it_is_read() -> None:
    assert runs_right_to_left("כהן, יעל")
    image = page_of(replace(JANE, name="כהן, יעל"))[0].convert("L")
    top_left = image.crop((0, 0, 200, 55))
    assert min(top_left.tobytes()) == 0
    assert not runs_right_to_left("SMITH, Jane")


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "&amp;]]>", "^XA^FS", "%s{0.__class__}{{7*7}}", "\\"]
)
def test_hostile_names_are_text(name: str) -> None:
    assert name in page_of(replace(JANE, name=name))[1]
    pdf = labels_pdf([replace(JANE, name=name)], title="Labels")
    assert b"/JavaScript" not in pdf
    assert b"/URI" not in pdf


def test_the_same_label_is_the_same_bytes() -> None:
    assert labels_pdf([JANE], title="Labels") == labels_pdf([JANE], title="Labels")


def test_a_code_that_the_encoder_would_mangle_is_refused() -> None:
    with pytest.raises(UnreadableBars):
        code_128("99123456")


def test_bars_are_runs_of_dark_modules() -> None:
    assert dark_runs("1101001") == [(0, 2), (3, 1), (6, 1)]
    assert code_128("S7K2R04PX").startswith("11010010000")  # Code 128's start sign B


@pytest.mark.parametrize("size", [(22.0, 22.0), (50.8, 14.0)])
def test_a_stock_too_small_for_the_bars_is_refused(size: tuple[float, float]) -> None:
    small = replace(TUBE, width_mm=size[0], height_mm=size[1])
    with pytest.raises(LabelTooSmall):
        labels_pdf([replace(JANE, design=small)], title="Labels")
