"""Labels as ZPL II, printed by an emulation of a printer and read back."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labflow.catalog import LabelDesign
from labflow.labels import UnknownResolution, labels_zpl
from tests.label_cases import (
    DESIGNS,
    HARMFUL_NAMES,
    LOW_SLIDE,
    TUBE,
    content,
    contents,
    printed_pdf,
    printed_zpl,
    read,
    rendered,
    symbols_of,
)

COMMANDS = re.compile(r"[\^~]([A-Z@][A-Z0-9@]?)")
ALLOWED = {"XA", "XZ", "CI", "FW", "LH", "LS", "PW", "LL", "FO", "BY", "BC", "BX", "FH", "FD", "FS", "GF"}


@pytest.mark.parametrize("dpi", [203, 300])
@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.code)
def test_every_label_decodes_to_its_own_code_whatever_the_name(design: LabelDesign, dpi: int) -> None:
    labels = contents(design, 29, seed=dpi)
    found = [read(image) for image in printed_zpl(labels, dpi)]
    assert found == [dict.fromkeys(symbols_of(design), label.code) for label in labels]


@pytest.mark.parametrize("name", HARMFUL_NAMES)
def test_a_harmful_name_is_one_label_of_known_commands(name: str) -> None:
    zpl = labels_zpl([content(TUBE, name=name)], dpi=203)
    text = zpl.decode("ascii")
    assert set(COMMANDS.findall(text)) <= ALLOWED
    assert "~" not in text
    assert (text.count("^XA"), text.count("^XZ"), text.count("^FD")) == (1, 1, 2)
    assert "EVIL" not in text
    assert len(rendered(zpl, TUBE, 203)) == 1


@given(st.text(max_size=160), st.sampled_from([203, 300]))
@settings(deadline=None, max_examples=30)
def test_no_name_changes_the_symbols_or_the_number_of_labels(name: str, dpi: int) -> None:
    (image,) = printed_zpl([content(TUBE, name=name)], dpi)
    assert read(image) == {"Code128": "S7K2R04PX", "DataMatrix": "S7K2R04PX"}


@pytest.mark.parametrize("part", ["details", "beside_code"])
def test_no_other_text_changes_them_either(part: str) -> None:
    evil = HARMFUL_NAMES[0]
    given_part = (evil,) if part == "details" else evil
    label = content(TUBE)
    harmed = type(label)(**{**vars(label), part: given_part})
    (image,) = printed_zpl([harmed], 203)
    assert read(image) == {"Code128": "S7K2R04PX", "DataMatrix": "S7K2R04PX"}


def test_a_field_of_data_holds_the_code_and_nothing_that_ends_it() -> None:
    text = labels_zpl([content(TUBE, code="S7^FS~JR_")], dpi=203).decode("ascii")
    assert re.findall(r"\^FD(.*?)\^FS", text) == ["S7_5EFS_7EJR_5F"] * 2
    (image,) = rendered(text.encode(), TUBE, 203)
    assert read(image)["Code128"] == "S7^FS~JR_"


@pytest.mark.parametrize(("dpi", "width", "height"), [(203, 406, 203), (300, 600, 300)])
def test_the_label_is_as_large_as_its_design_and_begins_at_a_known_state(
    dpi: int, width: int, height: int
) -> None:
    text = labels_zpl([content(TUBE)], dpi=dpi).decode("ascii")
    assert text.startswith(f"^XA^CI28^FWN^LH0,0^LS0^PW{width}^LL{height}\n")


@pytest.mark.parametrize(("dpi", "bar", "cell"), [(203, 2, 4), (300, 3, 6)])
def test_symbols_stand_on_whole_dots_with_quiet_zones(dpi: int, bar: int, cell: int) -> None:
    text = labels_zpl([content(TUBE)], dpi=dpi).decode("ascii")
    left, module = map(int, re.findall(r"\^FO(\d+),\d+\^BY(\d+),", text)[0])
    matrix_left, dots = map(int, re.findall(r"\^FO(\d+),\d+\^BXN,(\d+),200", text)[0])
    assert (module, dots) == (bar, cell)
    assert left >= 10 * bar
    assert matrix_left - (left + 134 * bar) >= 10 * bar
    assert matrix_left + 16 * cell <= round(50.8 * dpi / 25.4)


def test_labels_follow_each_other_in_one_job_in_their_order() -> None:
    labels = contents(TUBE, 4)
    images = rendered(labels_zpl(labels, dpi=203), TUBE, 203)
    assert [read(image)["Code128"] for image in images] == [label.code for label in labels]


def test_a_name_looks_alike_on_both_printers() -> None:
    """The line in dots and the line in a PDF darken the same part of the label."""
    for name in ("ŻÓŁĆ, Ñandú", "כהן, יעל", "عبد الله, محمد"):
        dots, pdf = (make([content(TUBE, name=name)], 300)[0] for make in (printed_zpl, printed_pdf))
        boxes = [
            image.crop((0, 0, 590, 50)).point(lambda dot: 255 * (dot < 128)).getbbox()
            for image in (dots, pdf)
        ]
        assert boxes[0] == pytest.approx(boxes[1], abs=6)


def test_print_too_small_for_a_printers_own_font_is_there_all_the_same() -> None:
    (image,) = printed_zpl([content(LOW_SLIDE, name="W" * 80 + ", " + "M" * 80)], 203)
    assert read(image) == {"DataMatrix": "S7K2R04PX"}
    beside = image.crop((0, 0, 95, 70))
    assert beside.histogram()[0] > 1000


@pytest.mark.parametrize("dpi", [0, 72, 600])
def test_other_resolutions_are_refused(dpi: int) -> None:
    with pytest.raises(UnknownResolution):
        labels_zpl([content(TUBE)], dpi=dpi)
