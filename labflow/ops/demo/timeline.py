"""Stories that happen side by side: each act in the order of its time, and none in the future."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import TypeAlias

# A story does something whenever it is its turn, and says how long it waits until its next turn.
Story: TypeAlias = Iterator[timedelta]


class Timeline:
    """Tells stories up to the moment `until`; what would come later has not happened yet.

    Because all stories share one clock, running numbers and evidence come in the order of their times.
    """

    def __init__(self, until: datetime) -> None:
        self.until = until
        self.now = until
        self._waiting: list[tuple[datetime, int, Story]] = []
        self._numbers = count()

    def begin(self, story: Story, at: datetime | None = None) -> None:
        """One more story, which begins at this time, or now."""
        heappush(self._waiting, (at or self.now, next(self._numbers), story))

    def run(self) -> None:
        """Every turn that is not in the future."""
        while self._waiting and self._waiting[0][0] <= self.until:
            self.now, _, story = heappop(self._waiting)
            pause = next(story, None)
            if pause is not None:
                self.begin(story, self.now + pause)
