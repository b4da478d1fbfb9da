"""Looking people, links and tokens up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from ..foundation.errors import NotFound
from ..foundation.seen import mark_of, told
from .permissions import Role
from .secret import hashed
from .tables import ApiToken, SetUpLink, StaffMember, StaffRole


class UnknownPerson(NotFound):
    """labflow knows nobody with {key}.

    Look the person up in the list of people.
    """


class LinkUsed(NotFound):
    """This link was used already, or it is too old.

    Ask the administrator for a new one; the first administrator's is printed at each start of the server.
    """


@dataclass(frozen=True)
class Person:
    """One person as the administrator sees them."""

    badge: str
    login: str
    name: str
    roles: tuple[Role, ...]
    active: bool
    has_password: bool

    @property
    def mark(self) -> str:
        """Another one when the roles or the activity are others."""
        return mark_of(sorted(self.roles), self.active)


@dataclass(frozen=True)
class TokenEntry:
    """One token, without the secret."""

    number: str
    name: str
    badge: str
    login: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


def by_id(session: Session, staff_id: int) -> StaffMember:
    """The person of this row; raises UnknownPerson."""
    person = session.get(StaffMember, staff_id)
    if person is None:
        raise UnknownPerson(key="this number")
    return person


def by_badge(session: Session, badge: str, *, lock: bool = False) -> StaffMember:
    """The person with this badge, whom nobody else changes meanwhile when locked; raises UnknownPerson."""
    wanted = select(StaffMember).where(StaffMember.badge == badge)
    person = session.exec(wanted.with_for_update() if lock else wanted).one_or_none()
    if person is None:
        raise UnknownPerson(key=f"the badge {badge[:9]}")
    return person


def by_login(session: Session, login: str) -> StaffMember:
    """The person with this login; raises UnknownPerson."""
    person = find_login(session, login)
    if person is None:
        raise UnknownPerson(key=f"the login {login[:64]}")
    return person


def find_login(session: Session, login: str) -> StaffMember | None:
    return session.exec(select(StaffMember).where(StaffMember.login == login.strip().lower())).one_or_none()


def names(session: Session, staff_ids: Iterable[int]) -> dict[int, str]:
    """Row to name, for those there are."""
    wanted = col(StaffMember.id).in_(set(staff_ids))
    return dict(session.exec(select(StaffMember.id, StaffMember.name).where(wanted)).all())


def names_by_badge(session: Session, badges: Iterable[str]) -> dict[str, str]:
    """Badge to name, for those there are."""
    wanted = col(StaffMember.badge).in_(set(badges))
    return dict(session.exec(select(StaffMember.badge, StaffMember.name).where(wanted)).all())


def roles_of(session: Session, staff_ids: Iterable[int]) -> dict[int, tuple[Role, ...]]:
    """Row to roles in alphabetical order; people without any have none."""
    wanted = col(StaffRole.staff_id).in_(set(staff_ids))
    found: defaultdict[int, tuple[Role, ...]] = defaultdict(tuple)
    for row in session.exec(select(StaffRole).where(wanted).order_by(col(StaffRole.role))):
        found[row.staff_id] += (row.role,)
    return found


def person(session: Session, member: StaffMember) -> Person:
    """What the administrator sees of this person."""
    return _people(session, [member])[0]


def last_change(session: Session, member: StaffMember) -> str:
    """Who changed the person's roles or activity last, and when."""
    if member.changed_by is None:
        return "nobody knows by whom"
    return told(f"by {names(session, [member.changed_by])[member.changed_by]}", member.changed_at)


def people(session: Session, *, after: str | None = None, limit: int = 50) -> list[Person]:
    """People by login, from behind the login `after`."""
    rows = select(StaffMember).where(StaffMember.login > (after or "")).order_by(StaffMember.login)
    return _people(session, session.exec(rows.limit(limit)).all())


def people_with_role(session: Session, role: Role) -> list[Person]:
    """Active people who have this role, the longest known first."""
    rows = select(StaffMember).join(StaffRole).where(StaffRole.role == role, col(StaffMember.active))
    return _people(session, session.exec(rows.order_by(col(StaffMember.id))).all())


def administrators(session: Session, *, lock: bool = False) -> list[int]:
    """Rows of the administrators who can sign in; locked until the transaction ends when asked for."""
    rows = (
        select(StaffMember.id)
        .join(StaffRole)
        .where(
            StaffRole.role == Role.ADMINISTRATOR,
            col(StaffMember.active),
            col(StaffMember.password_hash).is_not(None),
        )
    )
    return list(session.exec(rows.with_for_update() if lock else rows))


def link_owner(session: Session, secret: str, *, now: datetime) -> StaffMember | None:
    """Whose open one-time link this is (None: the first administrator's); raises LinkUsed."""
    link = session.exec(select(SetUpLink).where(SetUpLink.secret_hash == hashed(secret))).one_or_none()
    if link is None or link.used_at is not None or link.expires_at <= now:
        raise LinkUsed
    return by_id(session, link.staff_id) if link.staff_id is not None else None


def tokens(session: Session, *, after: tuple[str, str] | None = None, limit: int = 50) -> list[TokenEntry]:
    """Tokens, revoked ones too, by login and number, from behind the pair `after`."""
    key = sa.tuple_(col(StaffMember.login), col(ApiToken.number))
    rows = select(ApiToken, StaffMember).join(StaffMember).where(key > (after or ("", "")))
    rows = rows.order_by(StaffMember.login, ApiToken.number).limit(limit)
    return [token_entry(token, holder) for token, holder in session.exec(rows)]


def token_entry(token: ApiToken, holder: StaffMember) -> TokenEntry:
    """What the administrator sees of this token."""
    return TokenEntry(
        number=token.number,
        name=token.name,
        badge=holder.badge,
        login=holder.login,
        created_at=token.created_at,
        expires_at=token.expires_at,
        revoked_at=token.revoked_at,
    )


def _people(session: Session, members: Iterable[StaffMember]) -> list[Person]:
    members = list(members)
    roles = roles_of(session, [member.id for member in members])
    return [
        Person(
            badge=member.badge,
            login=member.login,
            name=member.name,
            roles=roles[member.id],
            active=member.active,
            has_password=member.password_hash is not None,
        )
        for member in members
    ]
