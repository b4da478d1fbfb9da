"""The demo laboratory at work: what its people do, each act through the journey that a real one takes."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from ... import samples
from ...catalog import Catalog, PlaceKind, SampleKind, Side, Urgency
from ...foundation.act import Act, ReadBy
from ...foundation.codes import CodeKind, new_code
from ...foundation.database import Database
from ...interop.hl7 import import_message
from ...journeys import (
    bedside,
    bedside_after,
    bedside_plan,
    downtime,
    ordering,
    printing,
    reception,
    scanning,
)
from ...journeys.bedside import Registration
from ...journeys.bedside_identity import Wristband
from ...journeys.demo import password_of, wristband
from ...journeys.ordering import TypedOrder
from ...journeys.reception import Decision
from ...journeys.scanning import Context, Scan, Word
from ...labels import JobState
from ...patients import NewPatient
from ...procedures import Account, DrawPlan, NewCore, NewPull, Outcome, Particles, PlannedPull, before_items
from ...samples import Sample, SampleState
from ...staff import SignedIn
from .cast import CLINICIAN, OPERATOR, PATHOLOGIST, RECEPTION, TECHNOLOGIST, Player
from .children import Child
from .timeline import Timeline

_IDEAL_FROM_KG = 40  # below, the smallest volumes are drawn
_FILMS = 4
_SITE, _STORE = "PIC", "Slide store"
_PROCEDURE = timedelta(minutes=22)


@dataclass(frozen=True, kw_only=True)
class Visit:
    """Why a child comes: the question, and the tests, which are the question's own when none are named."""

    child: Child
    indication: str
    tests: tuple[str, ...] = ()
    urgent: bool = False
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Taken:
    """One sample that was obtained."""

    code: str
    container: str
    formalin: bool


@dataclass(frozen=True, kw_only=True)
class TakenCase:
    """A case with what was obtained, and where."""

    number: str
    visit: Visit
    bedside: str
    samples: tuple[Taken, ...]

    @property
    def codes(self) -> list[str]:
        return [sample.code for sample in self.samples]


class Laboratory:
    """The people of the demo at their places; every act happens at the timeline's present moment."""

    def __init__(
        self,
        db: Database,
        catalog: Catalog,
        timeline: Timeline,
        people: Mapping[Player, SignedIn],
        rng: random.Random,
        secret: str,
    ) -> None:
        self.db, self.catalog, self.timeline = db, catalog, timeline
        self.house = (db, catalog)
        self._people, self._rng, self._secret = people, rng, secret
        self.hatch = self._places(PlaceKind.RECEPTION)[0]

    def act(self, player: Player, place: str | None = None, read_by: ReadBy = ReadBy.TYPED) -> Act:
        who, now = self._people[player], self.timeline.now
        return Act(
            at=now,
            by=who.id,
            badge=who.badge,
            rng=self._rng,
            event_id=self._event_id(),
            occurred_at=now,
            place=place,
            read_by=read_by,
        )

    def sign(self, player: Player) -> tuple[str, Act]:
        """The person's password and act, for what is signed."""
        return password_of(player.login, secret=self._secret), self.act(player)

    def scan(self, player: Player, action: str, place: str, codes: Iterable[str], *, bag: str = "") -> None:
        """Scans of one action, all of which are good ones."""
        act = self.act(player, place, ReadBy.SCANNED)
        scans = [
            Scan(event_id=self._event_id(), code=code, occurred_at=act.at, read_by=ReadBy.SCANNED)
            for code in codes
        ]
        context = Context(action=action, place=place, bag=bag or None)
        verdicts = scanning.scan(*self.house, self._people[player], context, scans, act=act)
        stopped = [f"{verdict.title} {verdict.detail}" for verdict in verdicts if verdict.verdict != Word.OK]
        if stopped:
            raise AssertionError(f"the demo scans what must not be scanned: {stopped}")

    def order(self, visit: Visit) -> str:
        """The number of a new order for a child whom nobody knew yet."""
        act, child = self.act(CLINICIAN), visit.child
        self.register(child)
        typed = TypedOrder(
            mrn=child.mrn,
            indication=visit.indication,
            tests=visit.tests or self.catalog.panels[visit.indication].required,
            urgency=Urgency.URGENT if visit.urgent else Urgency.ROUTINE,
            clinical_text=visit.text,
            ordered_by=CLINICIAN.name,
            weight_kg=child.kg,
        )
        return ordering.place_order(*self.house, typed, act=act).number

    def register(self, child: Child) -> None:
        new = NewPatient(
            mrn=child.mrn,
            mrn_authority=self.catalog.laboratory.mrn_authority,
            family_name=child.family_name,
            given_name=child.given_name,
            birth_date=child.born_on(self.timeline.until.date()),
            sex=child.sex,
        )
        ordering.register_patient(*self.house, new, act=self.act(CLINICIAN))

    def take_message(self, segments: Iterable[str]) -> None:
        """An order of the hospital's own system arrives."""
        raw = "\r".join(segments).encode()
        import_message(*self.house, raw, act=self.act(RECEPTION))

    def do_procedure(
        self, order_number: str, visit: Visit, outcome: Outcome = Outcome.OBTAINED, missed: str = "QNS"
    ) -> TakenCase:
        """The case of a procedure that has just ended."""
        place = self._rng.choice(self._places(PlaceKind.BEDSIDE))
        act = self.act(OPERATOR, place, ReadBy.SCANNED)
        plan = bedside_plan.draw_plan(*self.house, order_number, now=act.at)
        band = wristband(visit.child.mrn, visit.child.born_on(self.timeline.until.date()))
        registration = Registration(
            order_number=order_number,
            wristband=Wristband(code=band),
            account=self._account(visit, plan, outcome, act),
            films=_FILMS,
            not_obtained_reason=missed,
        )
        done = bedside.register_procedure(*self.house, registration, act=act)
        self.take_labels(act)
        obtained = [sample for sample in done.samples if sample.state != SampleState.NOT_OBTAINED]
        return TakenCase(
            number=done.case_number,
            visit=visit,
            bedside=place,
            samples=tuple(self._taken(sample) for sample in obtained),
        )

    def take_labels(self, act: Act) -> None:
        """The labels that wait as a PDF: the demo laboratory has no printer."""
        for job in printing.jobs(*self.house, state=JobState.QUEUED):
            printing.job_pdf(*self.house, job.name, act=act)

    def make_kit(self) -> None:
        """A downtime kit lies ready at the first bedside."""
        usual = downtime.usual_containers(self.catalog)
        containers = [code for code, count in usual.items() for _ in range(count)]
        place = self._places(PlaceKind.BEDSIDE)[0]
        downtime.make_kit(*self.house, containers, act=self.act(OPERATOR, place))

    def watch(self, case: TakenCase, *items: str) -> None:
        """Items of the checks afterwards are done."""
        for item in items:
            bedside_after.note_observation(self.db, case.number, item, act=self.act(OPERATOR, case.bedside))

    def pack(self, case: TakenCase) -> list[str]:
        """The codes of the bags: what is in formalin travels alone."""
        return [
            self._pack(case, [sample.code for sample in case.samples if sample.formalin == formalin])
            for formalin in sorted({sample.formalin for sample in case.samples})
        ]

    def close_bag(self, code: str) -> None:
        """Everything that was packed came out."""
        act = self.act(RECEPTION, self.hatch)
        reception.reconcile_bag(*self.house, code, counted=None, reason=None, act=act)

    def reject(self, code: str, reason: str, comment: str) -> None:
        """Refused at the hatch, and asked for again."""
        decision = Decision(reasons=(reason,), comment=comment)
        act = self.act(RECEPTION, self.hatch)
        reception.reject(*self.house, code, decision, needs_sedation=True, act=act)

    def quarantine(self, code: str, reason: str, comment: str) -> None:
        """Set aside at the hatch."""
        decision = Decision(reasons=(reason,), comment=comment)
        reception.quarantine(*self.house, code, decision, act=self.act(RECEPTION, self.hatch))

    def deviate(self, code: str, reason: str, comment: str) -> None:
        """Accepted although something is wrong; a pathologist approves."""
        password, _ = self.sign(PATHOLOGIST)
        decision = Decision(
            reasons=(reason,),
            comment=comment,
            approver_login=PATHOLOGIST.login,
            approver_password=password,
        )
        act = self.act(RECEPTION, self.hatch)
        reception.accept_with_deviation(*self.house, code, decision, act=act)

    def store_slides(self, case: TakenCase) -> None:
        """Every slide of the case goes to the slide store."""
        with self.db.reading() as session:
            case_id = samples.case_by_number(session, case.number).id
            slides = [
                sample.code
                for sample in samples.of_case(session, case_id)
                if sample.kind == SampleKind.SLIDE and sample.state in samples.USABLE
            ]
        store = next(place.code for place in self.catalog.places.values() if place.name == _STORE)
        self.scan(TECHNOLOGIST, "store", store, slides)

    def _places(self, kind: PlaceKind) -> list[str]:
        return [place.code for place in self.catalog.places.values() if place.kind == kind]

    def _event_id(self) -> UUID:
        return UUID(int=self._rng.getrandbits(128), version=4)

    def _account(self, visit: Visit, plan: DrawPlan, outcome: Outcome, act: Act) -> Account:
        ended_at = act.at - timedelta(minutes=2)
        drawn = outcome == Outcome.OBTAINED
        return Account(
            outcome=outcome,
            anaesthesia="GENERAL",
            began_at=ended_at - _PROCEDURE,
            ended_at=ended_at,
            checked=tuple(item.code for item in before_items(self.catalog)),
            pulls=tuple(_pull(planned, visit.child) for planned in plan.pulls) if drawn else (),
            cores=_cores(plan) if outcome != Outcome.ABANDONED else (),
            attempts=1 if drawn else 3,
        )

    def _pack(self, case: TakenCase, codes: list[str]) -> str:
        bag = new_code(CodeKind.BAG, rng=self._rng)
        self.scan(OPERATOR, "pack", case.bedside, [bag])
        self.scan(OPERATOR, "pack", case.bedside, codes, bag=bag)
        return bag

    def _taken(self, sample: Sample) -> Taken:
        formalin = self.catalog.containers[sample.container].hazard == "formalin"
        return Taken(code=sample.code, container=sample.container, formalin=formalin)


def _pull(planned: PlannedPull, child: Child) -> NewPull:
    ideal = child.kg is not None and child.kg >= _IDEAL_FROM_KG
    return NewPull(
        site=_SITE,
        side=planned.side or Side.LEFT,
        volume_ml=planned.ideal_ml if ideal else planned.minimum_ml,
        needle_repositioned=planned.reposition,
        particles=Particles.SEEN,
    )


def _cores(plan: DrawPlan) -> tuple[NewCore, ...]:
    sides = dict.fromkeys(core.side or Side.LEFT for core in plan.cores)
    return tuple(NewCore(site=_SITE, side=side) for side in sides)
