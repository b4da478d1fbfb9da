"""Who a child is: the values of an identity, what can be right, and the check on two identifiers. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from ..catalog import Laboratory
from ..foundation.errors import Conflict, Refused
from ..foundation.texts import hidden_sign
from ..foundation.wording import date_words
from .names import ImpossibleName, clean_name, fold
from .tables import Sex

if TYPE_CHECKING:
    from .tables import Patient

_SEPARATORS = re.compile(r"[\s./_-]+")
_MRN_END = 4
_OLDEST_YEARS = 130
_MRN = re.compile(r"[A-Za-z0-9][A-Za-z0-9./_-]{0,39}")


class ImpossibleMrn(Refused):
    """This medical record number cannot be right: it {fault}.

    Compare it with the wristband and type it again.
    """


class ImpossibleBirthDate(Refused):
    """This birth date cannot be right: it is {fault}.

    Compare it with the wristband and type it again.
    """


class WristbandMismatch(Conflict):
    """STOP. The wristband belongs to another child than this order. Nothing was saved.

    Check the child and the order again; never go on with this order for this child.
    """


class TooFewIdentifiers(Conflict):
    """The child's birth date is not recorded, so the wristband cannot be compared on two identifiers.

    Have the birth date recorded first.
    """


@dataclass(frozen=True, kw_only=True)
class NewPatient:
    """An identity as it came in. What is not known stays empty; a newborn's given name may be "Baby Girl"."""

    mrn: str
    mrn_authority: str
    family_name: str
    given_name: str = ""
    birth_date: date | None = None
    born_at: datetime | None = None
    sex: Sex = Sex.UNKNOWN

    def cleaned(self, *, now: datetime) -> NewPatient:
        """The identity as it is stored.

        Raises ImpossibleName, ImpossibleMrn or ImpossibleBirthDate.
        """
        family_name = clean_name(self.family_name, "family name")
        if not family_name:
            raise ImpossibleName(part="family name", fault="is empty")
        return replace(
            self,
            mrn=clean_mrn(self.mrn),
            mrn_authority=_authority(self.mrn_authority),
            family_name=family_name,
            given_name=clean_name(self.given_name, "given name"),
            birth_date=_possible(self.birth_date, now),
        )


def clean_mrn(text: str) -> str:
    """The number without the spaces people group it with; raises ImpossibleMrn."""
    mrn = "".join(text.split())
    if not _MRN.fullmatch(mrn):
        raise ImpossibleMrn(
            fault="must have 1 to 40 letters, digits, points, hyphens, strokes or underscores"
        )
    return mrn


def require_site_pattern(laboratory: Laboratory, *, mrn: str, authority: str) -> None:
    """Numbers of the laboratory's own hospital have its pattern; raises ImpossibleMrn. Others pass."""
    own = authority == laboratory.mrn_authority
    if own and not re.fullmatch(laboratory.mrn_pattern, "".join(mrn.split())):
        raise ImpossibleMrn(fault=f"does not have the form of {authority} numbers")


def identify(patient: Patient, *, mrn: str, birth_date: date) -> None:
    """Passes when both identifiers of the wristband are this child's.

    Raises WristbandMismatch when either differs, and TooFewIdentifiers when the record has only one.
    """
    if "".join(mrn.split()) != patient.mrn:
        raise WristbandMismatch
    if patient.birth_date is None:
        raise TooFewIdentifiers
    if patient.birth_date != birth_date:
        raise WristbandMismatch


def is_second_identifier(patient: Patient, typed: str) -> bool:
    """Whether what was typed beside a sample's code is this child's MRN or birth date, day before month.

    Spaces, dashes, points and strokes count for nothing: `14-Jul-2019`, `14 07 2019`, `2019-07-14`.
    """
    told = _SEPARATORS.sub("", typed).casefold()
    born = patient.birth_date
    written = {_SEPARATORS.sub("", patient.mrn).casefold()}
    if born is not None:
        month = date_words(born).split("-")[1].casefold()
        written |= {f"{born:%d%m%Y}", f"{born:%Y%m%d}", f"{born:%d}{month}{born:%Y}"}
        written |= {f"{born.day}{month}{born:%Y}"}
    return told in written


def is_named_by(patient: Patient, *, initials: str, birth_year: str) -> bool:
    """Whether initials and birth year are this child's: given name first, family name last, any case.

    The last four signs of the MRN stand for initials that a keyboard does not have. A child without recorded
    given name or birth date is named by what is recorded.
    """
    by_mrn = initials.strip() == patient.mrn[-_MRN_END:]
    told = [sign for sign in fold(initials) if sign.isalnum()]
    names = [fold(name).strip() for name in (patient.given_name, patient.family_name)]
    wanted = [name[0] for name in names if name]
    if not by_mrn and (told[:1] != wanted[:1] or told[-1:] != wanted[-1:]):
        return False
    return patient.birth_date is None or birth_year.strip() == str(patient.birth_date.year)


def contradicts(patient: Patient, seen: NewPatient) -> bool:
    """Whether the identity that was seen differs from the record in name or birth date.

    What either does not know contradicts nothing: a missing birth date, a middle name that one leaves out.
    """
    if seen.birth_date and patient.birth_date and seen.birth_date != patient.birth_date:
        return True
    if fold(seen.family_name) != fold(patient.family_name):
        return True
    names = zip(seen.given_name.split(), patient.given_name.split(), strict=False)
    return any(fold(one) != fold(other) for one, other in names)


def _authority(text: str) -> str:
    authority = text.strip()
    if not authority or len(authority) > 80 or hidden_sign(authority):
        raise ImpossibleMrn(fault="names no assigning authority of 1 to 80 signs")
    return authority


def _possible(born: date | None, now: datetime) -> date | None:
    if born is None:
        return None
    if born.toordinal() > now.date().toordinal() + 1:  # a day ahead of UTC somewhere
        raise ImpossibleBirthDate(fault="in the future")
    if born.year < now.year - _OLDEST_YEARS:
        raise ImpossibleBirthDate(fault=f"more than {_OLDEST_YEARS} years ago")
    return born
