"""People who scan at one bench after the other: words become codes, and verdicts set the context."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from labflow import custody, samples
from labflow.catalog import Catalog
from labflow.custody import CustodyKind
from labflow.foundation.act import ReadBy
from labflow.foundation.codes import CodeKind, new_code
from labflow.foundation.database import Database
from labflow.journeys import scanning
from labflow.journeys.scanning import Context, Scan, Verdict
from labflow.staff import Role, SignedIn, permissions_of

from ..conftest import NINE_O_CLOCK, MakeAct
from ..factories.cases import HATCH, SMEAR_BENCH, THEATRE, make_case, make_operator

FRIDGE, RACK_PLACE = "PGHV2P74K", "PGN40NSJF"
_RNG = random.Random(2026)
BAG, OTHER_BAG = new_code(CodeKind.BAG, rng=_RNG), new_code(CodeKind.BAG, rng=_RNG)
RACK = new_code(CodeKind.RACK, rng=_RNG)
_ROLES = {
    "olga": (Role.OPERATOR,),
    "paul": (Role.PORTER,),
    "rita": (Role.RECEPTION,),
    "tina": (Role.TECHNOLOGIST,),
}


@dataclass
class ScanWorld:
    """A case of three labelled samples (s1 s2 s3), one without scan-back (u1 u2), another child's (x1)."""

    database: Database
    catalog: Catalog
    make_act: MakeAct
    context: Context = field(default_factory=Context)
    at: datetime = NINE_O_CLOCK
    verdicts: list[Verdict] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)
    people: dict[str, SignedIn] = field(default_factory=dict)
    events: random.Random = field(default_factory=lambda: random.Random(7))

    def __post_init__(self) -> None:
        for login, roles in _ROLES.items():
            member = make_operator(self.database, self.make_act(), login)
            allowed = permissions_of(roles)
            self.people[login] = SignedIn(member.id, member.badge, member.name, login, roles, allowed)
        self.who = self.people["olga"]
        self._cases()
        for code, card in reversed(list(self.catalog.do_cards.items())):
            plain = not card.reason and not card.count
            self.codes[card.action if plain else card.name.replace(" ", "_")] = code
        places = {"hatch": HATCH, "theatre": THEATRE, "smears": SMEAR_BENCH, "fridge": FRIDGE}
        self.codes |= places | {"store": self.codes["store"], "shelf": RACK_PLACE}
        self.codes |= {"bag": BAG, "bag2": OTHER_BAG, "rack": RACK, "rubbish": "S123", "band": BAND}
        self.codes |= {f"#{name}": person.badge for name, person in self.people.items()}
        self.codes["stranger"] = new_code(CodeKind.SAMPLE, rng=_RNG)

    def _cases(self) -> None:
        make = {"s": ("1000000001", ("EDTA", "HEPARIN", "EDTA"), True), "x": ("1000000002", ("EDTA",), True)}
        make["u"] = ("1000000003", ("EDTA", "EDTA"), False)
        self.cases = {}
        for name, (mrn, containers, labelled) in make.items():
            act = self.make_act(by=self.who.id, badge=self.who.badge)
            made = make_case(
                self.database, self.catalog, act, mrn=mrn, containers=containers, labelled=labelled
            )
            self.cases[name] = made
            self.codes |= {f"{name}{number}": one.code for number, one in enumerate(made.samples, 1)}

    def play(self, words: str) -> list[Verdict]:
        """Scans each word. `@rita` sets the person, `+90s` the time, `~s` the case; `s1=NOTE` chooses."""
        start = len(self.verdicts)
        for word in words.split():
            if word.startswith("@"):
                self.who, self.context = self.people[word[1:]], Context()
            elif word.startswith("+"):
                self.at += timedelta(seconds=int(word[1:-1]))
            elif word.startswith("~"):
                case = self.cases[word[1:]].case.number if word[1:] else None
                self.context = replace(self.context, case=case)
            else:
                name, _, choice = word.partition("=")
                self.scan(self.codes[name], choice=choice)
        return self.verdicts[start:]

    def scan(self, code: str, *, choice: str = "", **changes: Any) -> Verdict:
        [verdict] = self.send([replace(self.next_scan(code), choice=choice, **changes)])
        self.verdicts.append(verdict)
        self.apply(verdict.sets)
        return verdict

    def next_scan(self, code: str) -> Scan:
        """The scan of this code a second later."""
        self.at += timedelta(seconds=1)
        event_id = UUID(int=self.events.getrandbits(128), version=4)
        return Scan(event_id=event_id, code=code, occurred_at=self.at, read_by=ReadBy.SCANNED)

    def send(self, scans: Sequence[Scan], **options: Any) -> list[Verdict]:
        who = self.who
        act = self.make_act(by=who.id, badge=who.badge, at=self.at, place=self.context.place)
        return scanning.scan(self.database, self.catalog, who, self.context, scans, act=act, **options)

    def rehearse(self, scans: Sequence[Scan]) -> list[Verdict]:
        who = self.who
        act = self.make_act(by=who.id, badge=who.badge, at=self.at, place=self.context.place)
        return scanning.rehearse(self.database, self.catalog, who, self.context, scans, act=act)

    def apply(self, sets: Any) -> None:
        """The page's context after a verdict."""
        known = {name: value for name, value in sets.items() if name in ("place", "bag")}
        place = known.get("place", ...)
        if place is not ...:
            self.context = replace(self.context, place=place["code"] if place else None)
        if "bag" in known:
            self.context = replace(self.context, bag=known["bag"])
        if "action" in sets:
            action = sets["action"] or {"code": None, "reason": None, "count": None}
            self.context = replace(
                self.context, action=action["code"], reason=action["reason"], count=action["count"]
            )

    def kinds(self, name: str) -> list[CustodyKind]:
        """What the chain of this sample records."""
        with self.database.reading() as session:
            chain = samples.by_code(session, self.codes[name]).chain_id
            return [entry.kind for entry in custody.timeline(session, chain)]


BAND = "WB1000000001-20190714"
