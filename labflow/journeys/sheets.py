"""Sheets to print and hang up: do-cards, places, and the badges of chosen people."""

from __future__ import annotations

import random
from collections.abc import Sequence

from .. import labels, staff
from ..catalog import Catalog
from ..foundation.codes import CodeKind, new_code
from ..foundation.database import Database
from ..staff import Person

_MOST_PEOPLE = 1000
_NEW_BAGS = 12


def do_cards_pdf(catalog: Catalog) -> bytes:
    """Every do-card on A4, to be cut out."""
    cards = [(card.code, card.name) for card in catalog.do_cards.values()]
    return labels.code_sheet([("Do-cards", cards)], title="Do-cards")


def places_pdf(catalog: Catalog) -> bytes:
    """Every place on A4."""
    places = [(place.code, place.name) for place in catalog.places.values()]
    return labels.code_sheet([("Places", places)], title="Places")


def place_labels_pdf(catalog: Catalog) -> bytes:
    """A label for each place, one page each; raises NoLabelDesign."""
    contents = [labels.place_content(catalog, place) for place in catalog.places.values()]
    return labels.labels_pdf(contents, title="Places")


def new_bags_pdf(catalog: Catalog, kind: CodeKind, *, rng: random.Random) -> bytes:
    """Labels with new codes for bags or racks, which come into being when they are first packed."""
    codes = [new_code(kind, rng=rng) for _ in range(_NEW_BAGS)]
    return labels.labels_pdf([labels.bag_content(catalog, code) for code in codes], title="Bags and racks")


def badges_pdf(db: Database, badges: Sequence[str]) -> bytes:
    """The badges of these people on A4; raises UnknownPerson."""
    codes = [(person.badge, person.name) for person in _people(db, badges)]
    return labels.code_sheet([("Badges", codes)], title="Badges")


def badge_labels_pdf(db: Database, catalog: Catalog, badges: Sequence[str]) -> bytes:
    """A label for the badge of each of these people; raises UnknownPerson and NoLabelDesign."""
    contents = [
        labels.badge_content(catalog, code=person.badge, name=person.name, roles=_roles(person))
        for person in _people(db, badges)
    ]
    return labels.labels_pdf(contents, title="Badges")


def everybody(db: Database) -> list[Person]:
    """The people who work here, by login."""
    with db.reading() as session:
        return [person for person in staff.people(session, limit=_MOST_PEOPLE) if person.active]


def _people(db: Database, badges: Sequence[str]) -> list[Person]:
    with db.reading() as session:
        return [staff.person(session, staff.by_badge(session, badge)) for badge in dict.fromkeys(badges)]


def _roles(person: Person) -> str:
    return ", ".join(role.value.capitalize() for role in person.roles)
