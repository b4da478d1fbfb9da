"""Where everything stands: inside the label, apart from the symbols, whole or refused."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labflow.catalog import EDGE_MM, LabelDesign, Symbol, label_room
from labflow.labels import LabelTooSmall, UnreadableBars, code_128, kit_content
from labflow.labels.bars import dark_runs
from labflow.labels.layout import LabelLayout, PlacedText, layout
from labflow.labels.matrix import data_matrix
from labflow.labels.script import BOLD, printable, printable_name
from tests.label_cases import CATALOG, DESIGNS, LONG, LOW_SLIDE, NAMES, TUBE, content

BEDSIDE = [design for design in DESIGNS if design.use == "sample"]


def name_of(label: LabelLayout) -> str:
    """The name without blanks: the bold lines, except the code."""
    return "".join(t.text for t in label.texts if t.font == BOLD and t.text != label.code).replace(" ", "")


def all_text(label: LabelLayout) -> str:
    return " ".join(text.text for text in label.texts)


def overlaps(text: PlacedText, label: LabelLayout) -> bool:
    """Whether print lies in a symbol or its quiet zone; signs reach from 0.8 above to 0.24 under the line."""
    top, bottom = text.baseline - 0.8 * text.size, text.baseline + 0.2 * text.size
    return any(
        text.left < box.right - 1e-6
        and text.left + text.width > box.left + 1e-6
        and top < box.bottom - 1e-6
        and bottom > box.top + 1e-6
        for box in (label.bars, label.matrix)
        if box
    )


def assert_whole(label: LabelLayout, name: str) -> None:
    design = label.design
    for text in label.texts:
        assert text.left >= EDGE_MM - 1e-6
        assert text.left + text.width <= design.width_mm - EDGE_MM + 1e-6
        assert text.top >= EDGE_MM - 1e-6
        assert text.bottom <= design.height_mm - EDGE_MM + 1e-6
        assert not overlaps(text, label), text
    below = [text for text in label.texts if text.left == EDGE_MM]
    assert all(upper.bottom <= lower.top + 1e-6 for upper, lower in pairwise(below))
    assert len(name_of(label)) == len(printable_name(name, BOLD).replace(" ", ""))


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.code)
@pytest.mark.parametrize("name", NAMES)
def test_every_text_stands_whole_inside_the_label_and_off_its_symbols(design: LabelDesign, name: str) -> None:
    label = layout(content(design, name=name))
    assert_whole(label, name)
    for part in ("S7K2R04PX", "LF26-000123-X · 03", "MRN 123 456 7890", "Born 14-Jul-2019"):
        assert part in all_text(label)


@given(st.text(min_size=1, max_size=160), st.sampled_from(BEDSIDE))
@settings(deadline=None, max_examples=60)
def test_any_name_that_can_be_registered_fits_every_design(name: str, design: LabelDesign) -> None:
    assert_whole(layout(content(design, name=name)), name)


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.code)
def test_a_usual_name_stands_on_one_line_at_the_top_left_and_is_the_largest_print(
    design: LabelDesign,
) -> None:
    texts = layout(content(design)).texts
    assert (texts[0].text, texts[0].left, texts[0].top) == ("SMITH, Jane", EDGE_MM, EDGE_MM)
    assert texts[0].size == max(text.size for text in texts)
    assert texts[0].size >= 1.9
    assert all(text.size >= 1.2 - 1e-6 for text in texts)


def test_a_tube_says_everything_in_the_order_of_the_standard() -> None:
    text = all_text(layout(content(TUBE)))
    parts = ("SMITH, Jane", "MRN", "Born", "Collected", "K2EDTA", "Left posterior", "S7K2R04PX", "LF26")
    assert sorted(parts, key=text.index) == list(parts)


def test_a_long_name_shrinks_then_takes_lines_and_details_go_from_the_last_on() -> None:
    assert name_of(layout(content(TUBE, name=LONG))) == LONG.replace(" ", "")
    low = layout(content(LOW_SLIDE, name=LONG))
    assert name_of(low) == LONG.replace(" ", "")
    assert "Left posterior" not in all_text(low)
    assert "Collected" in all_text(layout(content(LOW_SLIDE)))


def test_words_break_only_where_a_name_would_not_be_readable_otherwise() -> None:
    lines = [text.text for text in layout(content(TUBE, name=LONG)).texts if text.font == BOLD][:-1]
    assert lines == ["WOLFESCHLEGELSTEINHAUSENBERGERDORFF,", "Maximiliana-Wilhelmina-Theodora-Ann"]


def test_where_the_child_cannot_be_named_the_label_is_refused_in_words() -> None:
    with pytest.raises(LabelTooSmall) as caught:
        layout(content(LOW_SLIDE, name="W" * 4000))
    assert "Slide 22 x 15 mm" in caught.value.message
    assert "larger design" in caught.value.next_step
    assert "WW" not in caught.value.message


def test_a_laboratory_slide_whose_name_does_not_fit_keeps_its_linked_number() -> None:
    label = layout(replace(content(LOW_SLIDE, name="W" * 4000), must_identify=False))
    assert [text.text for text in label.texts] == ["S7K2R04PX", "LF26-000123-X · 03"]
    assert label.texts[0].size > 1.7


def test_an_identifier_is_never_cut() -> None:
    mrn = "MRN " + "M" * 40
    label = layout(replace(content(LOW_SLIDE), identified_by=(mrn, "Born 14-Jul-2019")))
    assert mrn.replace(" ", "") in all_text(label).replace(" ", "")


def test_details_of_4000_characters_go_and_the_child_stays() -> None:
    label = layout(replace(content(TUBE), details=("Collected 20-Nov-2026 09:00", "x" * 4000)))
    assert "Collected 20-Nov-2026 09:00" in all_text(label)
    assert "xx" not in all_text(label)
    assert_whole(label, "SMITH, Jane")


def test_a_kit_label_has_a_line_to_write_on_for_each_identifier() -> None:
    label = layout(kit_content(CATALOG, code="S7K2R04PX", kit="Kit 7", container="EDTA"))
    lines = [text for text in label.texts if text.text.endswith("____")]
    assert [line.text.split()[0] for line in lines] == ["Name", "MRN", "Born", "Collected"]
    assert all(line.width > 48 for line in lines)
    assert all(lower.top - upper.top > 2.2 for upper, lower in pairwise(lines))


def test_symbols_keep_their_quiet_zones() -> None:
    for design in DESIGNS:
        room = label_room(design)
        assert room is not None
        if room.bars:
            assert room.bars.width >= (134 + 20) * 0.254 * room.scale
            assert room.bars.height >= 10
            assert 0 <= room.bars.left <= room.bars.right <= design.width_mm
        if room.matrix:
            assert room.matrix.width == pytest.approx(18 * 0.508 * room.scale)
            assert room.matrix.right <= design.width_mm
            assert 0 <= room.matrix.top <= room.matrix.bottom <= design.height_mm
        if room.bars and room.matrix:
            assert room.bars.right <= room.matrix.left


@pytest.mark.parametrize(
    ("width", "height", "bars", "matrix"),
    [(50.8, 25.4, True, True), (40, 25, True, False), (39, 25, False, True), (50.8, 17, False, True)],
)
def test_code_128_stands_where_it_fits_and_a_data_matrix_beside_it_or_instead(
    width: float, height: float, bars: bool, matrix: bool
) -> None:
    room = label_room(replace(TUBE, width_mm=width, height_mm=height))
    assert room is not None
    assert (room.bars is not None, room.matrix is not None) == (bars, matrix)


def test_a_design_without_room_for_any_symbol_is_refused() -> None:
    assert label_room(replace(TUBE, width_mm=20, height_mm=20)) is None
    only_bars = replace(TUBE, width_mm=38, symbols=(Symbol.CODE_128,))
    with pytest.raises(LabelTooSmall):
        layout(content(only_bars))


def test_bars_and_cells_are_runs_of_dark_modules() -> None:
    assert dark_runs("1101001") == [(0, 2), (3, 1), (6, 1)]
    assert code_128("S7K2R04PX").startswith("11010010000")  # Code 128's start sign B
    rows = data_matrix("S7K2R04PX")
    assert (len(rows), {len(row) for row in rows}) == (14, {14})
    assert rows[-1] == "1" * 14


def test_a_code_that_the_encoder_would_mangle_is_refused() -> None:
    with pytest.raises(UnreadableBars):
        code_128("99123456")


def test_the_printable_code_is_the_code() -> None:
    assert printable("S7K2R04PX", BOLD) == "S7K2R04PX"
