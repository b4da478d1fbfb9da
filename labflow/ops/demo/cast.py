"""The invented people of the demo laboratory. Their badges are always the same."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from ... import staff
from ...foundation.codes import CodeKind, new_code
from ...journeys.demo import SIGNERS, password_of
from ...staff import Role, SignedIn


@dataclass(frozen=True)
class Player:
    """One invented person."""

    login: str
    name: str
    role: Role

    @property
    def badge(self) -> str:
        """The person's badge, the same in every demo."""
        return new_code(CodeKind.PERSON, rng=random.Random(self.login))  # noqa: S311  # no secret


OPERATOR = Player("marta.jensen", "Dr Marta Jensen", Role.OPERATOR)
NURSE = Player("oscar.lund", "Nurse Oscar Lund", Role.OPERATOR)
PORTER = Player("pat.osei", "Pat Osei", Role.PORTER)
RECEPTION = Player("rosa.alvarez", "Rosa Álvarez", Role.RECEPTION)
TECHNOLOGIST = Player("tilda.berg", "Tilda Berg", Role.TECHNOLOGIST)
SECOND_TECHNOLOGIST = Player("theo.nakamura", "Theo Nakamura", Role.TECHNOLOGIST)
PATHOLOGIST = Player("irene.kallas", "Dr Irene Kallas", Role.PATHOLOGIST)
SECOND_PATHOLOGIST = Player("tomas.brandt", "Dr Tomáš Brandt", Role.PATHOLOGIST)
CLINICIAN = Player("cara.whitfield", "Dr Cara Whitfield", Role.CLINICIAN)
QUALITY = Player("quentin.moss", "Quentin Moss", Role.QUALITY)
# Registered last of all: without this person the data are not complete.
ADMINISTRATOR = Player("ada.novak", "Ada Nováková", Role.ADMINISTRATOR)

PLAYERS = (
    OPERATOR,
    NURSE,
    PORTER,
    RECEPTION,
    TECHNOLOGIST,
    SECOND_TECHNOLOGIST,
    PATHOLOGIST,
    SECOND_PATHOLOGIST,
    CLINICIAN,
    QUALITY,
)
CAST = (*PLAYERS, ADMINISTRATOR)


def register(
    session: Session, players: Sequence[Player], *, now: datetime, rng: random.Random, secret: str
) -> dict[Player, SignedIn]:
    """The people as they act once they are signed in; those who sign for others have passwords."""
    return {player: _registered(session, player, now, rng, secret) for player in players}


def _registered(session: Session, player: Player, now: datetime, rng: random.Random, secret: str) -> SignedIn:
    roles = (player.role,)
    person = staff.register(
        session, login=player.login, name=player.name, roles=roles, rng=rng, now=now, badge=player.badge
    )
    if player.login in SIGNERS:
        password = password_of(player.login, secret=secret)
        staff.set_password(session, person, staff.hash_password(password, login=player.login), now=now)
    may = staff.permissions_of(roles)
    return SignedIn(person.id, person.badge, person.name, person.login, roles, may)
