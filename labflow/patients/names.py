"""Children's names: one spelling for storing, one folded key for finding look-alikes. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import date
from difflib import SequenceMatcher
from typing import Protocol

from ..foundation.errors import Refused
from ..foundation.texts import hidden_sign

LONGEST = 80
_KEY_LENGTH = 170
# Above this share of common letters two given names are taken for each other (Anna, Anne; not Anna, Emma).
_SIMILAR = 0.74
# Names that begin with as many letters alike are similar however they end (Baby Girl, Baby Boy).
_SAME_BEGINNING = 4
_BETWEEN = " "


class ImpossibleName(Refused):
    """The {part} cannot be stored: it {fault}.

    Type it as it stands on the wristband.
    """


class Named(Protocol):
    """What look-alikes are told by."""

    @property
    def name_key(self) -> str: ...

    @property
    def birth_date(self) -> date | None: ...


def clean_name(text: str, part: str) -> str:
    """The name in Unicode's composed form (NFC) with single spaces; raises ImpossibleName."""
    if hidden := hidden_sign(text):
        raise ImpossibleName(part=part, fault=f"contains the invisible sign {hidden}")
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if len(name) > LONGEST:
        raise ImpossibleName(part=part, fault=f"is longer than {LONGEST} signs")
    return name


def name_key(family_name: str, given_name: str = "") -> str:
    """The folded name `family given`, one space between: without case, accents, spaces and punctuation."""
    return _BETWEEN.join((fold(family_name), fold(given_name)))[:_KEY_LENGTH]


def fold(text: str) -> str:
    """Letters and digits only, lower-case, accents taken off."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in apart if sign.isalnum())


def alike(one: Named, other: Named) -> bool:
    """Whether two children may be taken for each other.

    The same family name with a similar given name or the same birth date (twins), or a similar whole name
    with the same birth date.
    """
    (family, given), (other_family, other_given) = _parts(one), _parts(other)
    born_together = one.birth_date is not None and one.birth_date == other.birth_date
    if family == other_family:
        return born_together or _similar(given, other_given)
    return born_together and _similar(one.name_key, other.name_key)


def with_look_alikes(children: Iterable[Named]) -> set[int]:
    """The places in the list (from 0) of children who look like another one in it."""
    listed = list(children)
    return {
        place
        for place, child in enumerate(listed)
        if any(alike(child, other) for at, other in enumerate(listed) if at != place)
    }


def _parts(child: Named) -> tuple[str, str]:
    family, _, given = child.name_key.partition(_BETWEEN)
    return family, given


def _similar(one: str, other: str) -> bool:
    """Also when one begins with the other: what is missing may be unknown, not different."""
    beginning = min(len(one), len(other), _SAME_BEGINNING)
    if one[:beginning] == other[:beginning]:
        return True
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= _SIMILAR
