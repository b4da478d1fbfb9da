"""The preview of a label: true size, the print's layout, nothing that a browser would run or fetch."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from labflow.catalog import LabelDesign
from labflow.labels import label_svg
from labflow.labels.layout import layout
from tests.label_cases import DESIGNS, HARMFUL_NAMES, NAMES, TUBE, content, read, symbols_of

SVG = "{http://www.w3.org/2000/svg}"
RECTANGLE = re.compile(r"M([\d.]+) ([\d.]+)h([\d.]+)v([\d.]+)h-[\d.]+z")
DOTS_PER_MM = 24


def drawn(svg: str, design: LabelDesign) -> Image.Image:
    """The dark shape of the preview as a picture."""
    size = round(design.width_mm * DOTS_PER_MM), round(design.height_mm * DOTS_PER_MM)
    image = Image.new("L", size, 255)
    draw = ImageDraw.Draw(image)
    shape = ElementTree.fromstring(svg).find(f"{SVG}path")
    assert shape is not None
    for found in RECTANGLE.findall(shape.attrib["d"]):
        left, top, width, height = (float(number) * DOTS_PER_MM for number in found)
        draw.rectangle((round(left), round(top), round(left + width) - 1, round(top + height) - 1), fill=0)
    return image


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.code)
def test_the_preview_has_the_labels_true_size(design: LabelDesign) -> None:
    root = ElementTree.fromstring(label_svg(content(design)))
    assert root.attrib["width"] == f"{design.width_mm:g}mm"
    assert root.attrib["height"] == f"{design.height_mm:g}mm"
    assert root.attrib["viewBox"] == f"0 0 {design.width_mm:g} {design.height_mm:g}"


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.code)
def test_the_previews_symbols_hold_the_code(design: LabelDesign) -> None:
    label = content(design)
    assert read(drawn(label_svg(label), design)) == dict.fromkeys(symbols_of(design), label.code)


@pytest.mark.parametrize("name", NAMES)
def test_the_preview_says_what_the_print_says_where_it_says_it(name: str) -> None:
    label = content(TUBE, name=name)
    shown = ElementTree.fromstring(label_svg(label)).findall(f"{SVG}text")
    printed = layout(label).texts
    assert [text.text for text in shown] == [text.text for text in printed]
    for text, line in zip(shown, printed, strict=True):
        assert float(text.attrib["textLength"]) == pytest.approx(line.width, abs=0.001)
        assert float(text.attrib["x"]) == pytest.approx(line.left, abs=0.001)
        assert float(text.attrib["y"]) == pytest.approx(line.baseline, abs=0.001)


def assert_harmless(svg: str) -> None:
    root = ElementTree.fromstring(svg)
    assert {element.tag for element in root.iter()} == {
        f"{SVG}{tag}" for tag in ("svg", "rect", "path", "text")
    }
    for element in root.iter():
        names = {name.rpartition("}")[2] for name in element.attrib}
        assert not names & {"href", "src", "style"}
        assert not [name for name in names if name.startswith("on")]
    assert "<!" not in svg
    assert "<?" not in svg


@pytest.mark.parametrize("name", HARMFUL_NAMES)
def test_a_harmful_name_is_text_and_nothing_else(name: str) -> None:
    assert_harmless(label_svg(content(TUBE, name=name)))


@given(st.text(max_size=160))
@settings(deadline=None, max_examples=40)
def test_any_name_is_text_and_nothing_else(name: str) -> None:
    assert_harmless(label_svg(content(TUBE, name=name)))
