"""Which child lives which story, and how long ago it began."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from . import stories
from .children import CHILDREN, Child
from .laboratory import Laboratory, Visit
from .stories import Tale
from .timeline import Story


@dataclass(frozen=True, kw_only=True)
class Number:
    """One child's story; the order was placed so many hours ago, the procedure is two hours later."""

    hours_ago: float
    tale: Tale
    visit: Visit


def _of(
    place: int,
    hours_ago: float,
    tale: Tale,
    indication: str,
    *tests: str,
    urgent: bool = False,
    text: str = "",
) -> Number:
    visit = Visit(child=CHILDREN[place], indication=indication, tests=tests, urgent=urgent, text=text)
    return Number(hours_ago=hours_ago, tale=tale, visit=visit)


_LEUKAEMIA = ("BM-FILM", "BM-MORPH", "BM-DIFF", "BM-FLOW", "BM-KARYO", "BM-MOL")

PROGRAMME = (
    # before the bedside
    _of(0, 3.1, stories.waiting, "ANAEM", text="Transfusion-dependent since birth"),
    _of(1, 1.2, stories.waiting, "PANCYT", urgent=True, text="Petechiae, platelets 9"),
    _of(5, 5.5, stories.waiting, "LEUK-MRD", text="End of induction, as her twin brother"),
    _of(8, 0.6, stories.waiting, "LEUK-NEW", urgent=True, text="Blasts in blood, 140 leucocytes"),
    _of(15, 20, stories.waiting, "HLH", text="Ferritin 12000, fever for nine days"),
    _of(17, 2.4, stories.waiting, "LEUK-MRD", text="Day 33"),
    _of(36, 1.9, stories.waiting, "PANCYT", urgent=True, text="Not weighed: in a wheelchair"),
    _of(24, 26, stories.held_order, "OTHER", text="Unexplained eosinophilia: clonal cells?"),
    _of(38, 50, stories.cancelled_order, "ANAEM", text="Neutrophils 0.4 after a virus"),
    # on the way
    _of(11, 2.03, stories.routine, "ANAEM", text="Macrocytic anaemia"),
    _of(25, 2.35, stories.routine, "PANCYT", urgent=True, text="Bruises, all lines low"),
    _of(27, 3.0, stories.left_lying, "LYMPH", text="Stage of a Burkitt lymphoma"),
    _of(26, 2.65, stories.routine, "LEUK-MRD", text="End of consolidation"),
    # in the laboratory
    _of(37, 3.6, stories.routine, "LEUK-NEW", urgent=True, text="62 % blasts in blood"),
    _of(35, 6.2, stories.routine, "HLH", urgent=True, text="Familial HLH suspected"),
    _of(32, 9, stories.untouched, "ANAEM", urgent=True, text="Haemoglobin 48 g/L"),
    _of(13, 24.6, stories.untouched, "STORAGE", text="Cherry-red spot"),
    _of(4, 8.5, stories.routine, "LEUK-MRD", text="End of induction"),
    _of(31, 7, stories.held, "LYMPH", text="Staging"),
    _of(34, 7.5, stories.repeated, "STORAGE", text="Large spleen"),
    _of(19, 20, stories.haemodilute, "LEUK-MRD", text="Day 15"),
    _of(18, 9.5, stories.clotted, "ANAEM", "BM-FILM", "BM-MORPH", text="Reticulocytopenia"),
    _of(20, 5.2, stories.nameless, "STORAGE", text="Gaucher disease?"),
    _of(2, 6.5, stories.routine, "NB-STAGE", text="Adrenal mass"),
    _of(23, 32, stories.dry_tap, "PANCYT", text="Myelofibrosis suspected"),
    _of(28, 28, stories.abandoned, "HSCT", text="Day 100"),
    # before sign-out
    _of(29, 17, stories.unverified, "ANAEM", "BM-FILM", "BM-DIFF", text="Pure red cell aplasia?"),
    _of(30, 36, stories.unverified, "STORAGE", "BM-FILM", "BM-MORPH", text="Niemann-Pick disease?"),
    _of(33, 10, stories.returned, "ANAEM", text="Sideroblasts?"),
    # after sign-out
    _of(22, 70, stories.routine, "LEUK-NEW", *_LEUKAEMIA, urgent=True, text="Mediastinal mass, blasts"),
    _of(6, 130, stories.routine, "OSTEO", "BONE-CX", "BONE-KK", text="Refuses to walk, lesion of the tibia"),
    _of(21, 90, stories.without_metaphases, "ANAEM", "BM-FILM", "BM-KARYO", text="Monosomy 7?"),
    _of(7, 40, stories.amended, "ANAEM", "BM-FILM", "BM-IRON", text="Anaemia of a preterm child"),
    _of(9, 44, stories.amendment_waits, "ANAEM", "BM-FILM", text="Bleeding, anaemia"),
    _of(10, 35, stories.withdrawn, "ANAEM", "BM-FILM", "BM-DIFF", text="Thalassaemia excluded"),
    _of(3, 100, stories.stored, "STORAGE", text="Hepatosplenomegaly"),
    _of(12, 96, stories.routine, "HSCT", "BM-FILM", "BM-CHIM", text="Day 28"),
    _of(14, 72, stories.stored, "ANAEM", "BM-FILM", "BM-IRON", text="Diamond-Blackfan anaemia?"),
    _of(16, 55, stories.routine, "LEUK-MRD", "BM-FILM", "BM-MRD", text="Before maintenance"),
)
_WRITTEN_TO = CHILDREN[39]
_CONTRADICTED = CHILDREN[17]


def begin(lab: Laboratory) -> None:
    """Every story begins at its time, and two orders come by message."""
    for one in PROGRAMME:
        lab.timeline.begin(one.tale(lab, one.visit), _ago(lab, one.hours_ago))
    lab.timeline.begin(_unknown_test(lab), _ago(lab, 4.2))
    lab.timeline.begin(_other_birth_date(lab), _ago(lab, 1.1))
    lab.timeline.begin(_kit_ready(lab), _ago(lab, 30))


def _kit_ready(lab: Laboratory) -> Story:
    lab.make_kit()
    yield from ()


def _ago(lab: Laboratory, hours: float) -> datetime:
    return lab.timeline.until - timedelta(hours=hours)


def _unknown_test(lab: Laboratory) -> Story:
    """An order of the hospital's own system names a test that the catalog does not know."""
    child = _WRITTEN_TO
    tests = ("BM-FILM^Bedside films^99LAB", "MARROWX^Marrow extended work-up^99EHR")
    lab.take_message(_message(lab, child, child.born_on(lab.timeline.until.date()), "DEMO-0001", tests))
    yield from ()


def _other_birth_date(lab: Laboratory) -> Story:
    """A message whose birth date is not the one on record."""
    child = _CONTRADICTED
    born = child.born_on(lab.timeline.until.date()) + timedelta(days=9)
    lab.take_message(_message(lab, child, born, "DEMO-0002", ("BM-CHIM^Chimerism^99LAB",)))
    yield from ()


def _message(lab: Laboratory, child: Child, born: date, control_id: str, tests: tuple[str, ...]) -> list[str]:
    """An OML^O21 about this child, segment by segment."""
    now = lab.timeline.now.astimezone(ZoneInfo(lab.catalog.calendar.time_zone))
    sent = f"{now:%Y%m%d%H%M%S%z}"
    sex = child.sex.value[0].upper()
    header = f"MSH|^~\\&|DEMO EHR|DEMO HOSPITAL|LABFLOW|DEMO LAB|{sent}||OML^O21^OML_O21|{control_id}|P|2.5.1"
    lines = [
        f"{header}|||AL|AL||UNICODE UTF-8",
        f"PID|1||{child.mrn}^^^{lab.catalog.laboratory.mrn_authority}^MR"
        f"||{child.family_name}^{child.given_name}^^^^^L||{born:%Y%m%d}|{sex}",
    ]
    for number, test in enumerate(tests, 1):
        placer = f"{control_id}-{number}^DEMO EHR"
        lines += [f"ORC|NW|{placer}||{control_id}^DEMO EHR|||||{sent}", f"OBR|{number}|{placer}||{test}"]
    return lines
