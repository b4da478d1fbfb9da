"""Many people who scan at several web servers, and send the same scan again until it is acknowledged."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

from ..faults.client import Scan
from ..faults.laboratory import Person

_PAUSE_SECONDS = 0.4
_AGAIN_SECONDS = 1.0
_ANSWER_SECONDS = 40.0
_BACK = 5  # scans


@dataclass(frozen=True)
class Acknowledged:
    """A scan that was answered with 200: by which server, and when (seconds of the monotonic clock)."""

    event_id: str
    url: str
    at: float
    tries: int


@dataclass
class Crowd:
    """One thread for each sample: it hands it over and takes it back, at one server as long as that works."""

    person: Person
    urls: Sequence[str]
    acknowledged: list[Acknowledged] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    """How often each status came, and `no answer`, and verdicts other than OK."""
    slowest: float = 0.0
    """The longest (seconds) that anybody waited for an answer."""
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self, moves: Mapping[str, Iterator[str]]) -> None:
        """Begin to move these samples; each goes on with its own moves, whoever moved it before."""
        for number, (code, actions) in enumerate(moves.items()):
            urls = [*self.urls[number % len(self.urls) :], *self.urls[: number % len(self.urls)]]
            person = threading.Thread(target=self._scan_on, args=(code, actions, urls), daemon=True)
            self._threads.append(person)
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        """Nobody begins another scan; returns when the last one under way is acknowledged."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=120)
            assert not thread.is_alive(), "a scan was not acknowledged within two minutes"

    def since(self, moment: float, url: str | None = None) -> list[Acknowledged]:
        """What was acknowledged after this moment, by this server or any."""
        return [one for one in list(self.acknowledged) if one.at > moment and url in (None, one.url)]

    def longest_silence(self, since: float) -> float:
        """The longest time (seconds) from this moment on that some server acknowledged nothing."""
        return max(_longest([since, *(one.at for one in self.since(since, url))]) for url in self.urls)

    def all_back(self, since: float) -> bool:
        """Whether every server has acknowledged several scans after this moment."""
        return all(len(self.since(since, url)) >= _BACK for url in self.urls)

    def _scan_on(self, code: str, actions: Iterator[str], urls: list[str]) -> None:
        clients = [
            (url, HTTPConnection(url.removeprefix("http://"), timeout=_ANSWER_SECONDS)) for url in urls
        ]
        while not self._stop.wait(_PAUSE_SECONDS):
            self._until_acknowledged(Scan(code=code, action=next(actions)), clients)
        for _, client in clients:
            client.close()

    def _until_acknowledged(self, scan: Scan, clients: list[tuple[str, HTTPConnection]]) -> None:
        for number, (url, client) in enumerate(itertools.cycle(clients), 1):
            done = self._acknowledged_by(client, scan)
            if number > 1 or not done:
                client.close()  # it may be long until its next use, and servers close what is idle
            if done:
                self.acknowledged.append(Acknowledged(scan.event_id, url, time.monotonic(), number))
                return
            time.sleep(_AGAIN_SECONDS)

    def _acknowledged_by(self, client: HTTPConnection, scan: Scan) -> bool:
        """Whether the answer is 200, of which every verdict counts; a refusal need not be JSON."""
        headers = {"Authorization": f"Bearer {self.person.token}", "Content-Type": "application/json"}
        began = time.monotonic()
        try:
            client.request("POST", "/api/v1/scans", json.dumps(scan.body), headers)
            answer = client.getresponse()
            body = answer.read()
        except (OSError, HTTPException) as error:
            self.answers[f"no answer ({error!r})"] += 1
            return False
        finally:
            self.slowest = max(self.slowest, time.monotonic() - began)
        self.answers[str(answer.status)] += 1
        if answer.status != HTTPStatus.OK:
            return False
        self.answers[json.loads(body)["verdicts"][0]["verdict"]] += 1
        return True


def _longest(moments: list[float]) -> float:
    return max((later - earlier for earlier, later in itertools.pairwise(sorted(moments))), default=0.0)
