"""What may not reach the HL7 parser, and what is read of what may."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labflow.foundation.errors import LabError
from labflow.interop.hl7.limits import HL7Refused, HL7TooLarge
from labflow.interop.hl7.mapping import to_order_message
from labflow.interop.hl7.reading import Message, read_message, split_messages
from labflow.interop.hl7.times import moment_of
from labflow.journeys.ordering_messages import OrderMessage

HEADER = b"MSH|^~\\&|EHR|WARD|LAB|DEMO|20261120081500+0100||OML^O21^OML_O21|1|P|2.5.1"
PID = b"PID|1||4857302915^^^DEMO^MR||Okonkwo^Adaeze||20190714|F"
ORDER = b"ORC|NW|77^EHR|||||||20261120081000\rOBR|1|77^EHR||BM-FILM"
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def mapped(*segments: bytes) -> OrderMessage:
    message = read_message(b"\r".join(segments))
    return to_order_message(message, own_authority="DEMO", zone=ZoneInfo("Europe/London"), now=NOW)


def read(*segments: bytes) -> Message:
    return read_message(b"\r".join(segments))


@pytest.mark.parametrize(
    "raw",
    [
        b"|" * 1024 * 1024,
        HEADER + b"\r" + b"|" * (1024 * 1024),
        HEADER + b"\rOBX|1\r" * 300_000,
        HEADER + b"\rOBX" + b"|" * 501,
        HEADER + b"\rOBX|" + b"^" * 20_001,
        HEADER + b"\rOBX|" + b"&~" * 10_001,
        HEADER + (b"\rOBX" + b"|" * 500) * 41,
        HEADER + b"\rOBX|1|ED|||" + b"QUJD" * 300_000,
    ],
    ids=[
        "1 MiB of |",
        "1 MiB and a header",
        "300 000 segments",
        "fields",
        "components",
        "parts",
        "both",
        "base64",
    ],
)
def test_what_would_keep_the_parser_busy_is_refused_before_it(raw: bytes) -> None:
    with pytest.raises((HL7TooLarge, HL7Refused)):
        read_message(raw)


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"MSH",
        b"MSH|",
        b"PID|1",
        b"MSH||||||",
        b"MSH|^^^^|EHR",
        b"MSH|^~\\&",
        b"MSH|^~\\&#$|EHR",
        b"MSH|^~\\|EHR",
        b"MSHA^~\\&A",
        b"MSH|abcd|EHR",
    ],
)
def test_a_header_names_its_delimiters_once_each(header: bytes) -> None:
    with pytest.raises(HL7Refused, match="MSH"):
        read(header, PID)


@pytest.mark.parametrize("ends", [b"\r", b"\n", b"\r\n"])
@pytest.mark.parametrize("delimiters", [b"^~\\&", b"^~\\&#"])
def test_segments_end_with_any_line_end_and_msh_2_has_four_or_five_signs(
    ends: bytes, delimiters: bytes
) -> None:
    header = HEADER.replace(b"^~\\&", delimiters)
    message = read_message(ends.join((header, PID, *ORDER.split(b"\r"))) + ends)
    assert [segment.name for segment in message.segments] == ["MSH", "PID", "ORC", "OBR"]
    assert message.named("PID")[0].text(5, 2) == "Adaeze"
    assert message.header.raw(2).encode() == delimiters


def test_unusual_delimiters_are_followed() -> None:
    message = read(HEADER.replace(b"|", b"*").replace(b"^~\\&", b"$%/@"), b"PID*1**7$$$A@1.2$MR")
    assert message.named("PID")[0].text(3, 4, 2) == "1.2"


@pytest.mark.parametrize(
    "segment", [b"pid|1", b"P|1", b"continued text", b"PID\x00|1", b"PID|\x1b[31m", b"OBX|\xe2\x80\xae"]
)
def test_a_segment_has_a_name_and_no_invisible_sign(segment: bytes) -> None:
    with pytest.raises(HL7Refused, match="segment 2"):
        read(HEADER, segment)


@pytest.mark.parametrize(
    ("charset", "name", "meant"),
    [
        (b"", "Zoë".encode(), "Zoë"),
        (b"UNICODE UTF-8", "Zoë".encode(), "Zoë"),
        (b"8859/1", "Zoë".encode("latin-1"), "Zoë"),
        (b"8859/2", "Kovář".encode("iso8859-2"), "Kovář"),
        (b"ASCII", b"Zoe", "Zoe"),
    ],
)
def test_text_is_read_in_the_character_set_it_names(charset: bytes, name: bytes, meant: str) -> None:
    message = read(HEADER + b"||||||" + charset, b"PID|1||||" + name)
    assert message.named("PID")[0].text(5) == meant


@pytest.mark.parametrize(
    ("charset", "fault"),
    [(b"ASCII", "segment 2"), (b"UNICODE UTF-8", "segment 2"), (b"EBCDIC", "MSH-18"), (b"\xff", "MSH-18")],
)
def test_a_character_set_that_lies_is_refused(charset: bytes, fault: str) -> None:
    with pytest.raises(HL7Refused, match=fault):
        read(HEADER + b"||||||" + charset, b"PID|1||||" + "Zoë".encode("latin-1"))


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (rb"BCR\T\ABL1", "BCR&ABL1"),
        (rb"a\F\b\S\c\R\d\E\e", "a|b^c~d\\e"),
        (rb"one\.br\two", "one\ntwo"),
        (rb"\H\bold\N\ plain", "bold plain"),
        (rb"\XC3AB\ ", "ë"),
        (rb'""', ""),
    ],
)
def test_escape_sequences_mean_what_the_standard_says(sent: bytes, meant: str) -> None:
    assert read(HEADER, b"NTE|1||" + sent).named("NTE")[0].text(3) == meant


@pytest.mark.parametrize(
    "sent", [rb"\X0G\ ", rb"\XFF\ ", rb"\.sp999999999\ ", rb"\C2842\ ", rb"end\ ", rb"\\ ", rb"\Zx\ "]
)
def test_a_hostile_escape_sequence_is_refused(sent: bytes) -> None:
    with pytest.raises(HL7Refused, match="NTE-3"):
        read(HEADER, b"NTE|1||" + sent).named("NTE")[0].text(3)


def test_an_escaped_control_character_is_refused_like_a_plain_one() -> None:
    with pytest.raises(HL7Refused, match=r"PID-5.1 contains the invisible sign U\+000B"):
        mapped(HEADER, PID.replace(b"Okonkwo", rb"Oko\X0B1C\nkwo"), ORDER)


def test_messages_of_a_file_are_told_apart_by_their_headers() -> None:
    file = (
        b"\xef\xbb\xbfFHS|x\nBHS|x\r\n\x0b" + HEADER + b"\r\nPID|1\r\n\x1c\r\n\n" + HEADER + b"\nBTS|2\nFTS|1"
    )
    assert [raw.count(b"\r") for raw in split_messages(file)] == [1, 0]
    assert list(split_messages(b"\n\r\n")) == []


def test_text_before_the_first_header_is_a_message_that_is_refused() -> None:
    garbage, message = split_messages(b"hello\n" + HEADER)
    with pytest.raises(HL7Refused):
        read_message(garbage)
    assert read_message(message).header.text(10) == "1"


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("20261120081500+0100", "2026-11-20T07:15:00+00:00"),
        ("202611200815", "2026-11-20T08:15:00+00:00"),
        ("2026112008", "2026-11-20T08:00:00+00:00"),
        ("202607200815", "2026-07-20T07:15:00+00:00"),
        ("20261120081500.1234-0530", "2026-11-20T13:45:00+00:00"),
        ("20261120", None),
        ("202611", None),
        ("", None),
    ],
)
def test_times_are_utc_in_the_zone_they_name(text: str, utc: str | None) -> None:
    at = moment_of(text, "ORC-9", ZoneInfo("Europe/London"))
    assert (at.isoformat() if at else None) == utc


@pytest.mark.parametrize(
    "text", ["2026112", "20261320", "20260230", "2026112024", "x", "00000714", "20261120256000"]
)
def test_an_impossible_time_is_refused_by_its_field(text: str) -> None:
    with pytest.raises(HL7Refused, match="PID-7"):
        moment_of(text, "PID-7", UTC)


def test_the_zone_of_the_message_counts_for_its_times() -> None:
    (part,) = mapped(HEADER, PID, ORDER).parts
    assert part.ordered_at.isoformat() == "2026-11-20T07:10:00+00:00"


@pytest.mark.parametrize(
    ("segments", "fault"),
    [
        ((HEADER, ORDER), "0 PID"),
        ((HEADER, PID, PID, ORDER), "2 PID"),
        ((HEADER, PID), "no ORC"),
        ((HEADER, PID, b"OBR|1|77||BM-FILM"), "before the first ORC"),
        ((HEADER, PID, b"ORC|NW|77"), "no OBR"),
        ((HEADER, PID, b"ORC|XO|77", b"OBR|1|77||BM-FILM"), "ORC-1"),
        ((HEADER, PID, b"ORC|NW|77", b"OBR|1|78||BM-FILM"), "different placer numbers"),
        ((HEADER, PID, b"ORC|NW", b"OBR|1|||BM-FILM"), "ORC-2 is empty"),
        ((HEADER, PID, b"ORC|NW|77", b"OBR|1|77"), "OBR-4 names no code"),
        ((HEADER, PID, b"ORC|NW|77", b"OBR|1|77||" + b"x" * 81), "OBR-4 is longer than 80"),
        ((HEADER, PID.replace(b"DEMO", b""), ORDER), "assigning authority"),
        ((HEADER, PID.replace(b"Okonkwo", b""), ORDER), "PID-5.1 is empty"),
        ((HEADER, PID.replace(b"20190714", b"20190732"), ORDER), "PID-7"),
        ((HEADER.replace(b"|1|P", b"||P"), PID, ORDER), "MSH-10 is empty"),
        ((HEADER, PID, ORDER, b"OBX|1|NM|29463-7||44|[lb_av]"), "neither kg nor g"),
        ((HEADER, PID, ORDER, b"OBX|1|NM|29463-7||heavy|kg"), "OBX-5 of the weight is no number"),
    ],
)
def test_a_message_that_cannot_be_an_order_is_refused_by_its_field(
    segments: tuple[bytes, ...], fault: str
) -> None:
    with pytest.raises(HL7Refused, match=fault) as refused:
        mapped(*segments)
    assert not {"Okonkwo", "Adaeze", "4857302915"} & set(refused.value.message.split())


@pytest.mark.parametrize(
    ("obx", "kg", "day"),
    [
        (b"29463-7^Body weight^LN||22.4|kg|||||F|||20261119", "22.4", "2026-11-19"),
        (b"29463-7^Body weight^LN||22400|g", "22.4", "2026-11-20"),
        (b"8339-4^Birth weight^LN||1769.859285|g|||||F|||20230506", "1.770", "2019-07-14"),
    ],
)
def test_the_weight_is_in_kilograms_with_its_day(obx: bytes, kg: str, day: str) -> None:
    weight = mapped(HEADER, PID, ORDER, b"OBX|1|NM|" + obx).weight
    assert weight is not None
    assert (f"{weight.kg:f}".rstrip("0"), str(weight.measured_on)) == (kg.rstrip("0"), day)


def test_the_number_of_our_own_hospital_is_preferred() -> None:
    several = b"PID|1||9^^^OLD&1.2.3&ISO^PI~8^^^REGIONAL&1.2.4&ISO^MR~4857302915^^^DEMO&1.2.5&ISO^PI||Okonkwo"
    assert mapped(HEADER, several, ORDER).patient.mrn_authority == "DEMO"
    assert mapped(HEADER, several.replace(b"DEMO", b"X"), ORDER).patient.mrn_authority == "1.2.4"


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tail: bytes) -> None:
    for raw in (tail, HEADER + b"\r" + tail, HEADER + b"\r" + PID + b"\r" + ORDER + tail):
        with suppress(LabError):
            assert mapped(raw).parts
