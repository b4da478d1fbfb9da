"""Specimen status updates as a receiver reads them: HL7 v2.5.1, chapters 2 and 13."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from labflow.catalog import Catalog, Receiver, Tells, Wire
from labflow.custody import CustodyKind, SampleAct
from labflow.interop.hl7 import control_id, status_update
from labflow.interop.hl7.reading import Message, read_message

EVENT = UUID("0190c5a2-1111-7000-8000-0123456789ab")
EPR = Receiver(
    code="EPR",
    name="EPR",
    wire=Wire.MLLP,
    host="127.0.0.1",
    port=2575,
    application="EPR",
    facility="HOSPITAL",
    tells=(Tells.SAMPLE_STATUS,),
)


def written(catalog: Catalog, kind: CustodyKind, *, hl7: str = "", reasons: tuple[str, ...] = ()) -> Message:
    act = SampleAct(
        event_id=EVENT,
        sample="S0123BCDX",
        container="EDTA",
        kind=kind,
        reversal=False,
        hl7=hl7,
        place="P326XN7CE",
        reasons=reasons,
        occurred_at=datetime(2026, 11, 25, 9, 30, tzinfo=UTC),
        recorded_at=datetime(2026, 11, 25, 9, 31, tzinfo=UTC),
    )
    return read_message(status_update(catalog, EPR, act).encode())


def test_an_arrival_says_what_where_and_when_and_of_no_patient(catalog: Catalog) -> None:
    message = written(catalog, CustodyKind.ARRIVED, hl7="S42")
    header, equipment, container, observed, specimen = message.segments
    assert [segment.name for segment in message.segments] == ["MSH", "EQU", "SAC", "OBX", "SPM"]
    assert (header.text(5), header.text(6), header.text(9, 3)) == ("EPR", "HOSPITAL", "SSU_U03")
    assert (header.text(10), header.text(12), header.text(18)) == (
        control_id(EVENT),
        "2.5.1",
        "UNICODE UTF-8",
    )
    assert equipment.text(2) == container.text(7) == "20261125093000+0000"
    assert (container.text(3), container.text(8), container.text(15, 2)) == (
        "S0123BCDX",
        "I",
        "Reception hatch",
    )
    assert (observed.text(5, 1), observed.text(5, 3), observed.text(11)) == ("S42", "HL70003", "F")
    assert (specimen.text(2, 2), specimen.text(20)) == ("S0123BCDX", "Y")


def test_a_rejection_names_its_reasons_and_takes_the_sample_away(catalog: Catalog) -> None:
    message = written(catalog, CustodyKind.REJECTED, hl7="S44", reasons=("CLOTTED", "A&B"))
    (specimen,) = message.named("SPM")
    assert specimen.text(20) == "N"
    assert [specimen.text(21, repetition=number) for number in (1, 2)] == ["CLOTTED", "A&B"]
    assert message.named("SAC")[0].text(8) == "X"


@pytest.mark.parametrize("kind", CustodyKind)
def test_every_act_can_be_told(catalog: Catalog, kind: CustodyKind) -> None:
    assert written(catalog, kind).named("OBX")[0].text(5) == kind


def test_a_message_keeps_its_control_id_of_twenty_signs() -> None:
    assert control_id(EVENT) == "0190C5A2111170008000"
