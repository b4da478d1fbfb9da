"""Codes that the bars hold and people read out: a kind letter, seven random signs and a check character.

The alphabet has 26 signs that no keyboard layout moves and no eye confuses. The check is the ISO 7064 pure
construction with modulus 29 and radix 2: it catches every single wrong sign and every swap of neighbours. The
modulus needs 29 signs, so three stand in that are never issued; a number whose check would be one is skipped.
"""

from __future__ import annotations

import random
import re
from enum import StrEnum

from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_37_2

from .errors import Refused

ALPHABET = "0123456789BCDEFGHJKNPRSTVX"
LENGTH = 9
_NEVER_ISSUED = "*+-"
_CHECK_ALPHABET = ALPHABET + _NEVER_ISSUED
_SHAPE = re.compile(rf"[{ALPHABET}]{{{LENGTH}}}")


class CodeKind(StrEnum):
    SAMPLE = "S"
    PLACE = "P"
    DO_CARD = "D"
    PERSON = "H"
    RACK = "R"
    BAG = "T"


_KIND_WORDS = {
    CodeKind.SAMPLE: "sample code",
    CodeKind.PLACE: "place code",
    CodeKind.DO_CARD: "do-card",
    CodeKind.PERSON: "badge",
    CodeKind.RACK: "rack code",
    CodeKind.BAG: "bag code",
}


class UnreadableCode(Refused):
    """The code "{code}" is not one of labflow's.

    Scan the label again, or type the nine signs printed beside the bars.
    """


class WrongCheckCharacter(Refused):
    """The code {code} was read or typed wrongly: its check character does not fit.

    Scan the label again, or compare the nine signs one by one.
    """


class WrongKindOfCode(Refused):
    """{code} is a {found}, and a {wanted} is needed here.

    Scan the {wanted}.
    """


def new_code(kind: CodeKind, *, rng: random.Random) -> str:
    """A new random code of this kind, nine signs with its check character."""
    while True:
        body = kind.value + "".join(rng.choices(ALPHABET, k=LENGTH - 2))
        check = mod_37_2.calc_check_digit(body, _CHECK_ALPHABET)
        if check not in _NEVER_ISSUED:
            return body + str(check)


def check_code(text: str) -> CodeKind:
    """The kind of a whole code; raises UnreadableCode or WrongCheckCharacter."""
    if not _SHAPE.fullmatch(text) or text[0] not in set(CodeKind):
        raise UnreadableCode(code=text[:40])
    try:
        mod_37_2.validate(text, _CHECK_ALPHABET)
    except ValidationError:
        raise WrongCheckCharacter(code=text) from None
    return CodeKind(text[0])


def is_code(text: str) -> bool:
    """Whether this is a whole code of labflow's."""
    try:
        check_code(text)
    except Refused:
        return False
    return True


def require_kind(text: str, wanted: CodeKind) -> str:
    """The code itself when it is of the wanted kind; raises WrongKindOfCode with what it is instead."""
    found = check_code(text)
    if found != wanted:
        raise WrongKindOfCode(code=text, found=kind_words(found), wanted=kind_words(wanted))
    return text


def kind_words(kind: CodeKind) -> str:
    """What people call a code of this kind."""
    return _KIND_WORDS[kind]
