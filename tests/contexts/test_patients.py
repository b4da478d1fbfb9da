"""Children: identity, names as people write them, look-alikes, the wristband, weight."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from labflow import patients
from labflow.catalog import Catalog
from labflow.foundation.database import Database
from labflow.patients import (
    AlreadyRegistered,
    ImpossibleBirthDate,
    ImpossibleMrn,
    ImpossibleName,
    ImpossibleWeight,
    NewPatient,
    Patient,
    TooFewIdentifiers,
    WristbandMismatch,
)

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
BORN = date(2019, 7, 14)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.writing() as session:
        yield session


def register(session: Session, mrn: str, family: str, given: str = "", born: date | None = BORN) -> Patient:
    new = NewPatient(mrn=mrn, mrn_authority="DEMO", family_name=family, given_name=given, birth_date=born)
    return patients.register(session, new, now=NOW)


def test_a_number_belongs_to_one_child_of_its_authority(session: Session) -> None:
    child = register(session, "485 730 2915", "Okonkwo")
    assert patients.by_mrn(session, "DEMO", "4857302915") == child
    assert patients.find_mrn(session, "ELSEWHERE", "4857302915") is None
    with pytest.raises(AlreadyRegistered):
        register(session, "4857302915", "Smith")


def test_an_own_number_has_the_form_of_its_hospital_and_others_pass(catalog: Catalog) -> None:
    patients.require_site_pattern(catalog.laboratory, mrn="485 730 2915", authority="DEMO")
    patients.require_site_pattern(catalog.laboratory, mrn="PATID1234", authority="2.16.840.1.113883")
    with pytest.raises(ImpossibleMrn):
        patients.require_site_pattern(catalog.laboratory, mrn="PATID1234", authority="DEMO")


@pytest.mark.parametrize("mrn", ["", "  ", "<b>", "12\u202e34", "a" * 41, "-1", "１２３"])
def test_a_number_has_only_signs_that_a_wristband_has(session: Session, mrn: str) -> None:
    with pytest.raises(ImpossibleMrn):
        register(session, mrn, "Okonkwo")


@pytest.mark.parametrize(
    "hidden", ["\u202e", "\u2066", "\u200f", "\u200b", "\x00", "\x1b", "\ufeff", "\n", "\ud800"]
)
@pytest.mark.parametrize("part", ["family_name", "given_name"])
def test_a_name_with_an_invisible_sign_is_refused_without_repeating_it(hidden: str, part: str) -> None:
    names = {"family_name": "Okonkwo", "given_name": "Adaeze"} | {part: f"Ada{hidden}eze"}
    family_name, given_name = names.values()
    child = NewPatient(mrn="1", mrn_authority="DEMO", family_name=family_name, given_name=given_name)
    with pytest.raises(ImpossibleName) as refused:
        child.cleaned(now=NOW)
    assert "Ada" not in refused.value.message


@pytest.mark.parametrize("name", ["O'Neill-Şahin", "Nguyễn", "李", "محمد", "ශ්‍රී", "می‌خواهم", "𠮷野", "Σ" * 80])
def test_a_name_of_any_script_stays_as_it_is_written(session: Session, name: str) -> None:
    assert register(session, "1", name).family_name == unicodedata.normalize("NFC", name)


def test_composed_and_decomposed_spelling_is_one_name(session: Session) -> None:
    child = register(session, "1", unicodedata.normalize("NFD", "Müller"), "Zoë")
    assert (child.family_name, len(child.family_name)) == ("Müller", 6)
    assert patients.search(session, unicodedata.normalize("NFD", "MÜLLER"), 5) == [child]
    assert patients.search(session, "muller, zo", 5) == [child]


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "e" + "\u0301" * 10_000])
def test_a_family_name_is_there_and_not_endless(session: Session, name: str) -> None:
    with pytest.raises(ImpossibleName):
        register(session, "1", name)


@given(st.text(max_size=200))
def test_any_text_is_a_name_or_refused_and_its_key_fits(text: str) -> None:
    try:
        cleaned = NewPatient(mrn="1", mrn_authority="A", family_name=text).cleaned(now=NOW)
    except ImpossibleName:
        return
    assert 0 < len(cleaned.family_name) <= 80
    assert len(patients.name_key(cleaned.family_name)) <= 170
    assert NewPatient(mrn="1", mrn_authority="A", family_name=cleaned.family_name).cleaned(now=NOW) == cleaned


@pytest.mark.parametrize("born", [date(2026, 11, 22), date(1, 1, 1), date(9999, 12, 31), date(1800, 1, 1)])
def test_a_birth_date_is_possible(session: Session, born: date) -> None:
    with pytest.raises(ImpossibleBirthDate):
        register(session, "1", "Okonkwo", born=born)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (("Khan", "Baby Girl"), ("KHAN", "Baby  Girl"), True),
        (("Khan", "Baby Girl"), ("Khan", "Baby Boy"), True),
        (("Müller", "Anna"), ("Muller", "Anne"), True),
        (("O'Neill", "Sam"), ("ONeill", "Samuel"), True),
        (("Khan", ""), ("Khan", "Zara"), True),
        (("Khan", "Zara"), ("Khan", "Imran"), False),
        (("Smith", "Jane"), ("Smyth", "Jane"), False),
        (("Smith", "Jane"), ("Jones", "Jane"), False),
    ],
)
def test_look_alikes_share_the_family_name_and_nearly_the_given_name(
    session: Session, one: tuple[str, str], other: tuple[str, str], alike: bool
) -> None:
    child = register(session, "1", *one, born=date(2019, 7, 14))
    second = register(session, "2", *other, born=date(2020, 1, 1))
    assert patients.look_alikes(session, child) == ([second] if alike else [])
    assert patients.with_look_alikes([child, second]) == ({0, 1} if alike else set())


def test_twins_and_misspellings_of_one_day_look_alike(session: Session) -> None:
    child = register(session, "1", "Smith", "Jane")
    twin = register(session, "2", "Smith", "Oliver")
    misspelt = register(session, "3", "Smyth", "Jane")
    register(session, "4", "Haddad", "Omar")
    assert patients.look_alikes(session, child) == [twin, misspelt]


def test_a_search_finds_the_beginning_of_a_name_and_a_whole_number(session: Session) -> None:
    smith, smithson = register(session, "77", "Smith", "Zoe"), register(session, "88", "Smithson", "Al")
    register(session, "99", "Smarte", "Al")
    assert patients.search(session, "smith", 5) == [smith, smithson]
    assert patients.search(session, "smith z", 5) == [smith]
    assert patients.search(session, "Smith, z", 5) == [smith]
    assert patients.search(session, "8 8", 5) == [smithson]
    assert patients.search(session, "%", 5) == []
    assert patients.search(session, "smith", 1) == [smith]


def test_a_family_name_of_several_words_is_found_with_and_without_the_given_name(session: Session) -> None:
    child = register(session, "1", "van der Berg", "Anna")
    for text in ("Van der", "van der Berg Anna", "VAN DER BERG, A"):
        assert patients.search(session, text, 5) == [child], text


def test_both_identifiers_of_the_wristband_have_to_match(session: Session) -> None:
    child = register(session, "4857302915", "Okonkwo")
    patients.identify(child, mrn="485 730 2915", birth_date=BORN)
    for mrn, born in (("4857302916", BORN), ("4857302915", date(2019, 7, 15))):
        with pytest.raises(WristbandMismatch) as stop:
            patients.identify(child, mrn=mrn, birth_date=born)
        assert not stop.value.details
        assert "4857" not in stop.value.message


def test_one_identifier_is_too_few(session: Session) -> None:
    child = register(session, "4857302915", "Baby", born=None)
    with pytest.raises(TooFewIdentifiers):
        patients.identify(child, mrn="4857302915", birth_date=BORN)


def test_what_is_missing_contradicts_nothing_and_is_filled_in(session: Session) -> None:
    child = register(session, "1", "Khan", born=None)
    seen = NewPatient(mrn="1", mrn_authority="DEMO", family_name="KHAN", given_name="Zara", birth_date=BORN)
    assert not patients.contradicts(child, seen)
    patients.complete(session, child, seen)
    assert (child.family_name, child.given_name, child.birth_date) == ("Khan", "Zara", BORN)
    assert patients.search(session, "khan, zara", 5) == [child]


@pytest.mark.parametrize(
    ("family", "given", "born"),
    [("Kahn", "Zara Noor", BORN), ("Khan", "Sara", BORN), ("Khan", "Zara", date(2019, 7, 15))],
)
def test_another_name_or_birth_date_contradicts(
    session: Session, family: str, given: str, born: date
) -> None:
    child = register(session, "1", "Khan", "Zara Noor")
    seen = NewPatient(mrn="1", mrn_authority="DEMO", family_name=family, given_name=given, birth_date=born)
    assert patients.contradicts(child, seen)


def test_the_latest_weight_counts_and_a_day_has_one(session: Session) -> None:
    child = register(session, "1", "Okonkwo")
    for kg, day in (("22.4", 19), ("22.9", 20), ("21.0", 3), ("22.8", 20)):
        measured_on = date(2026, 11, day)
        patients.record_weight(session, child, kg=Decimal(kg), measured_on=measured_on, today=NOW.date())
    latest = patients.latest_weight(session, child.id)
    assert latest is not None
    assert (latest.kg, latest.measured_on) == (Decimal("22.8"), date(2026, 11, 20))


@pytest.mark.parametrize(
    ("kg", "measured_on"),
    [
        ("0", NOW.date()),
        ("-3", NOW.date()),
        ("400", NOW.date()),
        ("22", date(2026, 11, 21)),
        ("3", date(2019, 7, 13)),
    ],
)
def test_an_impossible_weight_is_refused(session: Session, kg: str, measured_on: date) -> None:
    child = register(session, "1", "Okonkwo")
    with pytest.raises(ImpossibleWeight):
        patients.record_weight(session, child, kg=Decimal(kg), measured_on=measured_on, today=NOW.date())
