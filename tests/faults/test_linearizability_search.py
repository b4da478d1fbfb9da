"""The search finds lost updates and stale reads, and blames no history that one register could have given."""

from __future__ import annotations

import pytest

from .linearizability import Answer, Moment, Operation, Register, contradiction

START = Register("collected", "ANN", "ANN", "theatre")
OK: Answer = ("ok",)

# Words of a history: "1+ANN take" starts operation 1, "1-" gives its answer.
HISTORIES = [
    ("what one does the next one sees", "1+BEN take|1-ok|2+ANN read|2-at BEN ", True),
    ("a read during an act may see the state before", "1+BEN take|2+ANN read|2-at ANN theatre|1-ok", True),
    ("... or the state after", "1+BEN take|2+ANN read|2-at BEN |1-ok", True),
    ("after it was seen it stays", "1+BEN take|2+ANN read|2-at BEN |3+ANN read|3-at ANN theatre|1-ok", False),
    ("a stale read", "1+BEN take|1-ok|2+ANN read|2-at ANN theatre", False),
    ("a lost update", "1+BEN take|1-ok|2+ANN hand_over|2-ok", False),
    ("two who both received", "1+BEN receive|2+EVE receive|1-ok|2-ok", False),
    ("one received, the other was told", "1+BEN receive|2+EVE receive|1-ok|2-already BEN", True),
    ("one received, the other was told wrongly", "1+BEN receive|2+EVE receive|1-ok|2-already ANN", False),
    ("no answer, and it happened", "1+BEN take|2+ANN hand_over|2-held BEN", True),
    ("no answer, and it never happened", "1+BEN take|2+ANN hand_over|2-ok|3+ANN read|3-at  ", True),
    ("no answer, and it happened late", "1+BEN take|2+ANN read|2-at ANN theatre|3+ANN read|3-at BEN ", True),
    ("before it was asked it cannot have happened", "2+ANN read|2-at BEN |1+BEN take|1-ok", False),
]


def _history(words: str) -> list[Moment]:
    moments: list[tuple[int, str]] = []
    asked: dict[int, Operation] = {}
    for word in words.split("|"):
        number, sign, rest = int(word[0]), word[1], word[2:]
        if sign == "+":
            person, action = rest.split()
            place = "hatch" if action == "receive" else None
            asked[number] = Operation(number=number, action=action, person=person, place=place)
        else:
            known = vars(asked[number]) | {"answer": tuple(rest.split(" "))}
            asked[number] = Operation(**known)
        moments.append((number, sign))
    return [Moment(sign == "+", asked[number]) for number, sign in moments]


@pytest.mark.parametrize(("what", "words", "possible"), HISTORIES, ids=[what for what, *_ in HISTORIES])
def test_the_search_blames_what_no_order_explains(what: str, words: str, possible: bool) -> None:
    assert (contradiction(_history(words), START) is None) is possible
