"""What a bad label, a bad scanner or a bad cable makes of a code."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from labflow.foundation.codes import ALPHABET

_SEED = 20261125


def damaged(codes: Sequence[str]) -> Iterator[str]:
    """Without end: a code with a sign dropped, doubled or wrong, with neighbours swapped, or two in one."""
    rng, whole = random.Random(_SEED), set(codes)
    while True:
        code, other = rng.sample(codes, k=2)
        yield rng.choice([text for text in _ways(code, other, rng) if text not in whole])


def _ways(code: str, other: str, rng: random.Random) -> list[str]:
    place = rng.randrange(len(code))
    wrong = rng.choice([sign for sign in ALPHABET if sign != code[place]])
    swapped = next(
        at for at in rng.sample(range(1, len(code) - 1), k=len(code) - 2) if code[at] != code[at + 1]
    )
    return [
        code[:place] + code[place + 1 :],
        code[:place] + code[place] + code[place:],
        code[:place] + wrong + code[place + 1 :],
        code[:swapped] + code[swapped + 1] + code[swapped] + code[swapped + 2 :],
        code + other,
        code[:place] + other[place:] if place > 0 else code[1:],
        code[:-1] + other,
    ]
