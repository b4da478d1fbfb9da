"""The bench measures and never asserts; here only its table, its JSON and its load client are tested."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench import load
from bench.__main__ import main
from bench.outcome import Bar, as_json, of_repetitions, percentile, table

FAST = of_repetitions("scan", [1.5, 3.0, 1.0], Bar(2), "3 ms")
SLOW = of_repetitions("rate", [0.04], Bar(0.05, at_least=True), "40/s")


class Echo(BaseHTTPRequestHandler):
    """Answers with the path that was asked, in two pieces."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = self.path.encode()
        self.send_response(201)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:2])
        self.wfile.flush()
        self.wfile.write(body[2:])

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_the_median_of_the_repetitions_is_held_against_the_bar() -> None:
    assert (FAST.value, FAST.low, FAST.high, FAST.ok) == (1.5, 1.0, 3.0, True)
    assert not SLOW.ok


def test_a_value_on_the_bar_holds() -> None:
    assert Bar(2).holds(2)
    assert Bar(2, at_least=True).holds(2)


def test_the_table_has_a_line_for_each_measure_and_names_what_was_missed() -> None:
    _, fast, slow = table([FAST, SLOW]).splitlines()
    assert fast.split() == ["scan", "1.5", "1", "3", "<=", "2", "ok", "3", "ms"]
    assert slow.split() == ["rate", "0.04", "0.04", "0.04", ">=", "0.05", "MISSED", "40/s"]


def test_the_json_maps_each_name_to_value_bar_and_ok() -> None:
    assert json.loads(as_json([FAST, SLOW])) == {
        "scan": {"value": 1.5, "bar": 2, "ok": True},
        "rate": {"value": 0.04, "bar": 0.05, "ok": False},
    }


def test_a_percentile_is_a_value_that_was_measured() -> None:
    hundred = [float(number) for number in range(100, 0, -1)]
    assert [percentile(hundred, percent) for percent in (1, 50, 99, 100)] == [1, 50, 99, 100]
    assert percentile([7.0], 50) == 7


def test_every_lane_gets_its_own_answers_in_order(port: int) -> None:
    lanes = [[load.request("POST", f"/{lane}/{turn}", body=b"x") for turn in range(3)] for lane in range(4)]
    found = load.run(port, lanes)
    assert [[(answer.status, answer.body) for answer in lane] for lane in found.lanes] == [
        [(201, f"/{lane}/{turn}".encode()) for turn in range(3)] for lane in range(4)
    ]
    assert 0 < found.ms(50) <= found.ms(100)


def test_the_bench_says_what_it_can_do(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    assert "--quick" in capsys.readouterr().out
