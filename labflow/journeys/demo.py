"""What the demo has besides the real pages: codes to scan from a screen or from paper, and who signs.

Only doors in demo mode ask for any of this: a wristband is on a child's arm, and a password in one head.
"""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlmodel import Session, col, select

from .. import custody, samples, staff
from ..catalog import Catalog
from ..foundation.codes import CodeKind, new_code
from ..foundation.database import Database
from ..foundation.lifecycle import words
from ..foundation.wording import date_words, full_name
from ..orders import Order, OrderState
from ..patients import Patient
from ..samples import Case, Sample, SampleState
from ..staff import Role
from .transport_bags import container_name

# People who sign for somebody else's act: two pathologists and a nurse.
SIGNERS = ("irene.kallas", "tomas.brandt", "oscar.lund")
_WORDS = (
    *("amber", "anchor", "birch", "candle", "comet", "copper", "cedar", "dolphin", "ember", "falcon"),
    *("fern", "granite", "harbour", "hazel", "island", "juniper", "kettle", "lantern", "maple", "meadow"),
    *("nutmeg", "orchard", "pebble", "quartz", "raven", "saffron", "thistle", "tulip", "velvet", "willow"),
)
_MOST_CHILDREN, _MOST_SAMPLES, _MOST_BAGS = 12, 60, 6


@dataclass(frozen=True, kw_only=True)
class Code:
    """A code with the words that stand beside it."""

    code: str
    words: str


@dataclass(frozen=True, kw_only=True)
class CodeGroup:
    """Codes of one kind under one title."""

    title: str
    codes: tuple[Code, ...]


@dataclass(frozen=True, kw_only=True)
class Signer:
    """A person of the demo who signs for somebody else's act."""

    name: str
    login: str
    password: str


def wristband(mrn: str, birth_date: date) -> str:
    """What the bars of the demo hospital's wristbands hold; config.example.toml has the pattern."""
    return f"WB{mrn}-{birth_date:%Y%m%d}"


def password_of(login: str, *, secret: str) -> str:
    """The password that this demo gave the person; it follows from the server's own secret."""
    return "-".join(random.Random(f"{secret} {login}").sample(_WORDS, k=4))  # noqa: S311  # shown on a page


def signers(db: Database, *, secret: str) -> list[Signer]:
    """Who signs for somebody else's act in the demo."""
    with db.reading() as session:
        found = [
            person
            for role in (Role.PATHOLOGIST, Role.OPERATOR)
            for person in staff.people_with_role(session, role)
        ]
    return [
        Signer(name=person.name, login=person.login, password=password_of(person.login, secret=secret))
        for person in found
        if person.login in SIGNERS
    ]


def sheet(db: Database, catalog: Catalog, *, rng: random.Random) -> list[CodeGroup]:
    """What is worth printing: do-cards, places, wristbands of waiting children, samples, and bags."""
    no_case = col(Order.id).not_in(select(Case.order_id))
    with db.reading() as session:
        return _filled(
            *_fixtures(catalog),
            CodeGroup(
                title="Wristbands of children who wait for their procedure",
                codes=_wristbands(session, col(Order.state) == OrderState.ACTIVE, no_case),
            ),
            CodeGroup(
                title="Samples that reception has not decided on",
                codes=_samples(session, catalog, col(Sample.state) == SampleState.COLLECTED),
            ),
            CodeGroup(title="Bags", codes=(*_bags(session), _new_bag(rng))),
        )


def shown(db: Database, catalog: Catalog, on_page: Collection[str], *, rng: random.Random) -> list[CodeGroup]:
    """The codes of what a page shows, told by the words on it, then bags, do-cards and places.

    `on_page` may hold sample codes, case numbers and order numbers; all others are passed over.
    """
    with db.reading() as session:
        cases = session.exec(select(Case).where(col(Case.number).in_(on_page))).all()
        of_cases = col(Sample.case_id).in_([case.id for case in cases])
        of_orders = col(Order.id).in_([case.order_id for case in cases])
        return _filled(
            CodeGroup(
                title="Wristbands", codes=_wristbands(session, of_orders | col(Order.number).in_(on_page))
            ),
            CodeGroup(
                title="Samples", codes=_samples(session, catalog, of_cases | col(Sample.code).in_(on_page))
            ),
            CodeGroup(title="Bags", codes=(*_bags(session), _new_bag(rng))),
            *_fixtures(catalog),
        )


def _filled(*groups: CodeGroup) -> list[CodeGroup]:
    return [group for group in groups if group.codes]


def _fixtures(catalog: Catalog) -> tuple[CodeGroup, CodeGroup]:
    """The codes that hang on walls."""
    cards = tuple(Code(code=card.code, words=card.name) for card in catalog.do_cards.values())
    places = tuple(Code(code=place.code, words=place.name) for place in catalog.places.values())
    return CodeGroup(title="Do-cards", codes=cards), CodeGroup(title="Places", codes=places)


def _wristbands(session: Session, *conditions: sa.ColumnElement[bool]) -> tuple[Code, ...]:
    """One for each child of these orders, the oldest order first."""
    found = select(Patient).join(Order, col(Order.patient_id) == Patient.id).where(*conditions)
    children = session.exec(found.order_by(col(Order.id)).limit(_MOST_CHILDREN))
    codes = (
        Code(
            code=wristband(child.mrn, child.birth_date),
            # the date first, so that it keeps its order beside a name that is read from right to left
            words=f"{date_words(child.birth_date)} {full_name(child.family_name, child.given_name)}",
        )
        for child in children
        if child.birth_date
    )
    return tuple(dict.fromkeys(codes))


def _samples(session: Session, catalog: Catalog, condition: sa.ColumnElement[bool]) -> tuple[Code, ...]:
    """Samples that exist, by case and number."""
    found = (
        select(Sample, Case.number)
        .join(Case, col(Case.id) == Sample.case_id)
        .where(condition, col(Sample.state).in_(samples.MOVABLE))
        .order_by(col(Sample.case_id), col(Sample.number))
    )
    return tuple(
        Code(code=sample.code, words=f"{number} · {sample.number:02d} · {container_name(catalog, sample)}")
        for sample, number in session.exec(found.limit(_MOST_SAMPLES))
    )


def _bags(session: Session) -> tuple[Code, ...]:
    return tuple(
        Code(code=bag.code, words=f"Bag, {words(bag.state)}")
        for bag in custody.open_bags(session, limit=_MOST_BAGS)
    )


def _new_bag(rng: random.Random) -> Code:
    return Code(code=new_code(CodeKind.BAG, rng=rng), words="New bag")
