from __future__ import annotations

import itertools
import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labflow.foundation.codes import (
    ALPHABET,
    CodeKind,
    UnreadableCode,
    WrongCheckCharacter,
    WrongKindOfCode,
    check_code,
    new_code,
    require_kind,
)
from labflow.foundation.errors import LabError
from labflow.samples import MalformedCaseNumber, check_case_number
from labflow.samples.numbers import case_number

seeds = st.integers(min_value=0)
kinds = st.sampled_from(CodeKind)


def code_of(kind: CodeKind, seed: int) -> str:
    return new_code(kind, rng=random.Random(seed))


def is_refused(text: str) -> bool:
    try:
        check_code(text)
    except LabError:
        return True
    return False


@given(kinds, seeds)
def test_a_new_code_has_nine_signs_of_the_safe_alphabet_and_its_kind(kind: CodeKind, seed: int) -> None:
    code = code_of(kind, seed)
    assert len(code) == 9
    assert code[0] == kind
    assert set(code[1:]) <= set(ALPHABET)
    assert check_code(code) == kind


@pytest.mark.parametrize("code", [code_of(kind, seed) for kind in CodeKind for seed in range(40)])
def test_every_single_wrong_sign_is_caught(code: str) -> None:
    for place, sign in itertools.product(range(9), ALPHABET):
        if sign != code[place]:
            assert is_refused(code[:place] + sign + code[place + 1 :])


@pytest.mark.parametrize("code", [code_of(kind, seed) for kind in CodeKind for seed in range(40)])
def test_every_swap_of_neighbours_is_caught(code: str) -> None:
    for place in range(8):
        left, right = code[place], code[place + 1]
        if left != right:
            assert is_refused(code[:place] + right + left + code[place + 2 :])


@given(seeds)
def test_a_sign_that_is_never_issued_is_never_issued(seed: int) -> None:
    assert not set(code_of(CodeKind.SAMPLE, seed)) & (set("*+-AQWZYMIOLU") | set(string.ascii_lowercase))


@given(kinds, seeds, st.integers(0, 8))
def test_a_truncated_or_doubled_code_is_not_a_code(kind: CodeKind, seed: int, place: int) -> None:
    code = code_of(kind, seed)
    with pytest.raises(UnreadableCode):
        check_code(code[:place] + code[place + 1 :])
    with pytest.raises(UnreadableCode):
        check_code(code[:place] + code[place] + code[place:])
    with pytest.raises(UnreadableCode):
        check_code(code + code)


@given(st.text(max_size=60))
def test_any_other_text_is_refused_in_words(text: str) -> None:
    with pytest.raises((UnreadableCode, WrongCheckCharacter)):
        check_code(text)


@pytest.mark.parametrize(
    "text", ["X7K2R04PX", "B0000000X", "s7k2r04px", "S7K2R04P", "S7K2R04PX\n", " S7K2R04PX"]
)
def test_a_stray_kind_or_shape_is_refused(text: str) -> None:
    with pytest.raises(UnreadableCode):
        check_code(text)


def test_a_code_of_another_kind_says_what_it_is() -> None:
    place = code_of(CodeKind.PLACE, 1)
    with pytest.raises(WrongKindOfCode, match="is a place code, and a sample code is needed"):
        require_kind(place, CodeKind.SAMPLE)


def test_codes_are_not_countable() -> None:
    rng = random.Random(3)
    codes = [new_code(CodeKind.SAMPLE, rng=rng) for _ in range(1000)]
    assert len(set(codes)) == 1000
    assert codes != sorted(codes)


@pytest.mark.parametrize("running", [1, 22, 123, 99_999, 123_456])
def test_a_case_number_is_checked_sign_by_sign(running: int) -> None:
    number = case_number("LF", 2026, running)
    assert check_case_number(f" {number.lower()} ") == number
    for place, sign in itertools.product(range(len(number) - 2), string.digits + string.ascii_uppercase):
        if number[place] not in ("-", sign):
            with pytest.raises(MalformedCaseNumber):
                check_case_number(number[:place] + sign + number[place + 1 :])


def test_the_check_of_a_case_number_is_that_of_isbt_128() -> None:
    from stdnum.iso7064 import mod_37_2

    assert mod_37_2.calc_check_digit("G123498654321") == "H"  # the published vector
    assert case_number("LF", 2026, 1).startswith("LF26-000001-")
