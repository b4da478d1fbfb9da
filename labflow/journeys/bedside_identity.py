"""Whose procedure it is: the wristband against the order, and the second people who confirm."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from .. import patients, staff
from ..catalog import Catalog, match_outside_code
from ..foundation.act import Act, ReadBy
from ..foundation.codes import check_code, kind_words
from ..foundation.database import Database
from ..foundation.errors import LabError, Refused
from ..patients import Patient
from ..staff import Permission
from .signing_in import confirm_password


class NotAWristband(Refused):
    """This is {found}, not a wristband. Nothing was saved.

    Scan the wristband on the child. If it cannot be read, type both identifiers with a second person.
    """


class TypedNeedsSecondPerson(Refused):
    """A wristband that is typed needs both identifiers and a second person.

    Type the MRN and the birth date from the wristband, and let the second person sign.
    """


class SamePerson(Refused):
    """The second person must be somebody else.

    Let a colleague confirm with their own login and password.
    """


class MayNotConfirm(Refused):
    """The second person's role does not allow this confirmation.

    Ask somebody whose role does.
    """


@dataclass(frozen=True, kw_only=True)
class SecondPerson:
    """Somebody who confirms with their own login and password."""

    login: str
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Wristband:
    """What the wristband says: its code as scanned, or both identifiers as typed with a second person."""

    code: str = field(default="", repr=False)
    read_by: ReadBy = ReadBy.SCANNED
    mrn: str = field(default="", repr=False)
    birth_date: date | None = field(default=None, repr=False)
    confirmed_by: SecondPerson | None = None

    @property
    def identified_by(self) -> ReadBy:
        return self.read_by if self.code else ReadBy.TYPED


def identify(catalog: Catalog, patient: Patient, wristband: Wristband) -> None:
    """Passes when both identifiers are this child's; raises WristbandMismatch or NotAWristband."""
    if wristband.code:
        match = match_outside_code(catalog, wristband.code.strip())
        if match is None or match.kind != "wristband":
            raise NotAWristband(found=_found(wristband.code.strip()))
        patients.identify(patient, mrn=match.mrn, birth_date=match.birth_date)
        return
    if not (wristband.mrn and wristband.birth_date and wristband.confirmed_by):
        raise TypedNeedsSecondPerson
    patients.identify(patient, mrn=wristband.mrn, birth_date=wristband.birth_date)


def confirmed(db: Database, second: SecondPerson | None, permission: Permission, *, act: Act) -> int | None:
    """The row of the second person, None when nobody was named.

    Raises SamePerson, MayNotConfirm or WrongPassword. The attempt is counted in a transaction of its own.
    """
    if second is None:
        return None
    with db.reading() as session:
        member = staff.by_login(session, second.login)
        roles = staff.roles_of(session, [member.id])[member.id]
    if member.id == act.by:
        raise SamePerson
    if permission not in staff.permissions_of(roles):
        raise MayNotConfirm
    confirm_password(db, member.id, second.password, now=act.at)
    return member.id


def _found(code: str) -> str:
    """What was scanned instead, in words that hold no identifier."""
    try:
        return f"a {kind_words(check_code(code))}"
    except LabError:
        return "a code that labflow does not know"
