"""Names as they are written: what can be printed, in which order, and how it fits without losing a sign."""

from __future__ import annotations

import unicodedata
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labflow.labels.script import (
    BOLD,
    MISSING,
    OTHER_SCRIPT,
    PLAIN,
    as_drawn,
    known_font,
    printable,
    printable_name,
    runs_right_to_left,
    width_of,
)
from labflow.labels.text import fit, wrap
from tests.label_cases import HARMFUL_NAMES


def signs(text: str) -> Counter[str]:
    """The signs without blanks; a mirrored bracket is the same bracket."""
    mirrored = str.maketrans("()[]{}<>«»≤≥", "(([[{{<<««≤≤")
    return Counter(text.translate(mirrored).replace(" ", ""))


@given(st.text(min_size=1, max_size=160), st.floats(40, 140), st.floats(8, 20))
@settings(deadline=None)
def test_fitted_text_keeps_every_sign_and_its_width(text: str, width: float, height: float) -> None:
    fitted = fit(text, BOLD, width=width, height=height, largest=9, least=2.5)
    shown = "".join(fitted.lines)
    assert len(shown.replace(" ", "")) == len(printable(text, BOLD).replace(" ", ""))
    assert all(width_of(line, BOLD, fitted.size) <= width + 1e-6 for line in fitted.lines)


@given(st.text(alphabet=st.characters(max_codepoint=0x24F), max_size=160), st.floats(40, 140))
@settings(deadline=None)
def test_latin_text_keeps_its_signs_and_their_order(text: str, width: float) -> None:
    shown = printable(text, PLAIN)
    lines = wrap(shown, PLAIN, 9, lambda _: width).lines
    assert "".join(lines).replace(" ", "") == shown.replace(" ", "")


@given(st.text(max_size=300))
@settings(deadline=None)
def test_whatever_is_printed_is_one_line_that_the_font_has(text: str) -> None:
    shown = printable(text, PLAIN)
    assert set(map(ord, shown)) <= set(known_font(PLAIN).face.charToGlyph)
    assert not any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in shown)
    assert not any(unicodedata.bidirectional(sign) in ("RLO", "LRO", "RLE", "RLI", "FSI") for sign in shown)
    assert "  " not in shown
    assert not any(all(map(unicodedata.combining, shown[at : at + 4])) for at in range(len(shown) - 3))


@pytest.mark.parametrize(
    "name", ["OÏŒ-ĆĞŁŻ, Þóra", "Ναταλία, Ελένη", "Ольга, Ірина", "NGUYỄN, Ánh", "ჯაფარიძე"]
)
def test_names_of_many_alphabets_are_printed_as_they_are(name: str) -> None:
    assert printable(name, BOLD) == name


@pytest.mark.parametrize(("family", "shown"), [("张", MISSING), ("김철수", MISSING * 3), ("शर्मा", MISSING)])
def test_a_sign_that_the_font_lacks_is_an_open_box(family: str, shown: str) -> None:
    assert printable(f"{family}, Wei", PLAIN).startswith(shown)
    assert printable(f"{family}, Wei", PLAIN).endswith(", Wei")


@pytest.mark.parametrize("name", ["张, 伟", "김, 민준", "🦄", "", "—"])
def test_a_name_without_one_printable_letter_becomes_words(name: str) -> None:
    assert printable_name(name, BOLD) == OTHER_SCRIPT


def test_a_composed_and_a_decomposed_name_are_printed_alike() -> None:
    assert printable("Zo\u0065\u0308", BOLD) == printable("Zo\u00eb", BOLD) == "Zoë"


def test_hebrew_is_drawn_from_its_end() -> None:
    assert runs_right_to_left("כהן, יעל")
    assert as_drawn("כהן, יעל", right_to_left=True) == "לעי ,ןהכ"
    assert not runs_right_to_left("SMITH, Jane")


def test_arabic_is_joined_and_drawn_from_its_end() -> None:
    joined = printable("محمد", BOLD)
    assert joined == "\ufee3\ufea4\ufee4\ufeaa"  # initial meem, medial hah, medial meem, final dal
    assert as_drawn(joined, right_to_left=True) == joined[::-1]


def test_lines_of_a_right_to_left_name_stand_in_the_order_in_which_it_is_read() -> None:
    fitted = wrap(printable("אבגדה וזחטי", BOLD), BOLD, 10, lambda _: 40)
    assert fitted.lines == ("הדגבא", "יטחזו")


def test_numbers_inside_a_right_to_left_name_keep_their_order() -> None:
    assert "123" in as_drawn("כהן 123", right_to_left=True)


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("כהן (יעל)", "(לעי) ןהכ"),
        ("כהן (A)", "(A) ןהכ"),
        ("אב (ג (D) [ה])", "([ה] (D) ג) בא"),
        ("(א) (ב)", "(ב) (א)"),
    ],
)
def test_brackets_face_each_other_in_a_right_to_left_name(name: str, drawn: str) -> None:
    assert as_drawn(name, right_to_left=True) == drawn


def test_brackets_of_a_left_to_right_name_stay() -> None:
    assert as_drawn("SMITH (כהן) «x»", right_to_left=False) == "SMITH (ןהכ) «x»"


def test_vowel_points_stand_after_their_letter_for_the_pen() -> None:
    assert as_drawn("בּ", right_to_left=True) == "בּ"


def test_signs_that_turn_the_order_or_hide_are_left_out() -> None:
    assert printable("\u202eenaJ\u202c \u2066A\u2069\u200b\ufeff\u00ad", PLAIN) == "enaJ A"


def test_line_ends_and_control_characters_are_blanks() -> None:
    assert printable("A\r\nB\x00\x1bC\tD\u2028E", PLAIN) == "A B C D E"


def test_a_heap_of_marks_is_cut_to_three_and_a_box() -> None:
    assert printable("x" + "\u0302" * 10_000, PLAIN) == "x" + "\u0302" * 3 + MISSING


@pytest.mark.parametrize("name", HARMFUL_NAMES)
def test_harmful_names_lose_no_visible_sign(name: str) -> None:
    plain = unicodedata.normalize("NFC", name)
    visible = [sign for sign in plain if sign.isprintable() and not unicodedata.combining(sign)]
    assert signs("".join(visible)) <= signs(printable(name, PLAIN)) + Counter(marks_lost(plain))


def marks_lost(name: str) -> str:
    """Letters that only a heap of marks was composed with."""
    return "".join(sign for sign in name if unicodedata.decomposition(sign))
