"""D11: the server's clock is a year ahead, hours behind, or ten times too fast; a client's is a day off.

Entries keep their order by number whatever their times say, nothing crashes, and no sign-in comes to life.
"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path

import pytest

from labflow.catalog import Catalog
from labflow.foundation.database import Database

from ..people import make_person, sign_in
from ..served import LiveServer, served
from ..support import absent
from .client import Client, Scan
from .conftest import Figure
from .laboratory import Laboratory

# The last one is the night in which summer time ends where the laboratory is.
CLOCKS = ["+400d", "-3h", "+0 x10", "@2026-10-25 00:59:55 x10"]
SCANS = 40
PAGES = ("/", "/reception", "/queues", "/overdue", "/alarms", "/samples/{code}", "/samples/{code}/custody")
DAY = timedelta(days=1)


def wrong_clock(told: str) -> dict[str, str]:
    """The environment of a server with this clock; what it waits for takes its true time."""
    found = [str(path) for path in Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")]
    if not found:
        absent("Debian's package faketime is not installed", unless="LABFLOW_REQUIRE_FAKETIME")
    return {"LD_PRELOAD": found[0], "FAKETIME": told, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": "UTC"}


def clock_of(server: LiveServer) -> datetime:
    """What the server takes for the time now."""
    _, date = answer(server, "/healthz", {})
    return datetime.strptime(date, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)


def answer(server: LiveServer, path: str, headers: dict[str, str]) -> tuple[int, str]:
    """The status and the date of the answer."""
    connection = HTTPConnection(server.url.removeprefix("http://"), timeout=30)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status, response.getheader("date") or ""


def work(server: LiveServer, laboratory: Laboratory) -> list[str]:
    """The event ids of scans that were done, by programs that go by the server's clock; every page opens."""
    now = clock_of(server)
    person, code = laboratory.person_at(now), laboratory.codes[0]
    client, done = Client(server.url, person), list[str]()
    for action in itertools.islice(itertools.cycle(["hand_over", "take"]), SCANS):
        scan = Scan(code=code, action=action, occurred_at=now.isoformat())
        verdict = client.scan(scan)
        assert verdict["verdict"] == "OK", verdict
        assert client.position(code)["holder"] == (person.badge if action == "take" else None)
        done.append(scan.event_id)
    client.close()
    for page in PAGES:
        path, token = page.format(code=code), {"Authorization": f"Bearer {person.token}"}
        assert answer(server, path, token)[0] in (200, 403), page
    return done


@pytest.mark.parametrize("clock", CLOCKS)
def test_entries_keep_their_order_when_the_clock_of_the_server_is_wrong(
    tmp_path: Path, catalog: Catalog, figure: Figure, clock: str
) -> None:
    laboratory, done = Laboratory(tmp_path / "data", catalog), list[str]()
    for environment in ({}, wrong_clock(clock), {}):
        with served(laboratory.data, environment=environment) as server:
            done += work(server, laboratory)
    [chain] = laboratory.chains().values()
    assert [entry.event_id for entry in chain[1:]] == done
    assert laboratory.faults() == []
    figure(
        f"D11, server's clock {clock}", f"{len(done)} scans before, under and after it: in order, no fault"
    )


@pytest.mark.parametrize("clock", ["", "-3h", "+400d"])
def test_no_sign_in_comes_to_life_by_a_wrong_clock(tmp_path: Path, catalog: Catalog, clock: str) -> None:
    laboratory, now = Laboratory(tmp_path / "data", catalog), datetime.now(UTC)
    database = Database(laboratory.url)
    make_person(database, "ada")
    ended = sign_in(database, now=now - timedelta(minutes=30))
    present = sign_in(database, now=now)
    database.close()
    with served(laboratory.data, environment=wrong_clock(clock) if clock else {}) as server:
        assert opens(server, ended) is False
        assert opens(server, present) is (clock == "")


def opens(server: LiveServer, secret: str) -> bool:
    """Whether the sign-in shows the page, and does not lead to the sign-in page."""
    status, _ = answer(server, "/queues", {"Cookie": f"labflow_sign_in={secret}"})
    assert status in (200, 302)
    return status == 200


@pytest.mark.parametrize(
    ("off", "verdict", "late"),
    [
        (timedelta(seconds=90), "OK", False),
        (DAY, "impossible-time", None),
        (-DAY, "OK", True),
        (-31 * DAY, "impossible-time", None),
    ],
)
def test_a_client_whose_clock_is_off_is_refused_or_flagged(
    tmp_path: Path, catalog: Catalog, off: timedelta, verdict: str, late: bool | None
) -> None:
    laboratory = Laboratory(tmp_path / "data", catalog)
    [code] = laboratory.codes
    with served(laboratory.data) as server:
        client = Client(server.url, laboratory.people[0])
        claimed = (datetime.now(UTC) + off).isoformat()
        told = client.scan(Scan(code=code, action="hand_over", occurred_at=claimed))
        _, custody = client.ask("GET", f"/api/v1/samples/{code}/custody")
        client.close()
    assert (told["rule"] or told["verdict"]) == verdict
    assert [entry["late"] for entry in custody["entries"][1:]] == ([] if late is None else [late])
