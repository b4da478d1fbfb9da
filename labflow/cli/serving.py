"""`labflow serve`, and `labflow print` for a machine that reaches the printers."""

from __future__ import annotations

import gc
import resource
import sys
from datetime import UTC, datetime
from functools import cache, partial

import click
from flask import Flask
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server import MPServer

from ..app import create_app
from ..foundation.database import Database
from ..foundation.errors import Refused
from ..foundation.settings import Settings
from ..journeys import administration
from ..ops import demo as demo_laboratory
from ..ops.delivery import Deliverer
from ..ops.duties import duties
from ..ops.worker import Worker
from ..web.gateway import Gateway
from ..web.shedding import first_paths
from .house import RNG, House, main

_SWITCH_SECONDS = 0.0003  # Python's 5 ms is long for a scan that waits for a PDF, a dozen times
_CONNECTIONS = 4096  # at once; the next ones wait in the system's queue
_BUFFER_BYTES = 65_536  # of a connection, each way; a request's head must fit in
_IDLE_SECONDS = 20  # that a connection may take for a request's head, or keep silent


class NoPrinters(Refused):
    """The configuration has no printers, so there is nothing to deliver to.

    Add a [printers] table, or let people take labels as a PDF.
    """


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option(
    "--demo", is_flag=True, help="Serve the demo laboratory: invented children, sign-in by one click."
)
@click.option(
    "--printing/--no-printing",
    default=True,
    help="Deliver print jobs to the printers of the configuration from this process.",
)
@click.option(
    "--work/--no-work",
    default=None,
    help="Do from this process what `labflow worker` does; left out, where the database is SQLite.",
)
@click.pass_obj
def serve(house: House, host: str, port: int, demo: bool, printing: bool, work: bool | None) -> None:
    """Serve the laboratory; Ctrl-C stops it and keeps the data."""
    settings = house.settings(demo=demo)
    house.keep_others_out(settings)
    _prepare(house, settings, f"http://{host}:{port}")
    works = settings.is_embedded if work is None else work
    server = server_at(host, port)
    _load(settings)
    gc.collect()  # the serving process shares what is loaded by now, unless garbage collection writes to it
    gc.freeze()
    server.serve(target_loader=partial(_start, settings, printing, works), wrap_loader=False)


def server_at(host: str, port: int) -> MPServer:
    """The server, with nothing on it yet; docs/decisions/0010 says why it is set up so."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a connection is an open file
    return MPServer(
        "labflow",
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(_IDLE_SECONDS * 1000, max_buffer_size=_BUFFER_BYTES),
        workers=1,  # one process writes to SQLite
        backlog=_CONNECTIONS,
        backpressure=_CONNECTIONS,
        websockets=False,
    )


def _prepare(house: House, settings: Settings, address: str) -> None:
    """The database, with somebody who can sign in."""
    catalog, db = house.catalog(settings), house.database(settings)
    if settings.demo:
        demo_laboratory.prepare(db, catalog, now=datetime.now(UTC), secret=settings.secret_key)
        click.echo(f"The demo laboratory: open {address} and choose a role.")
    else:
        _print_first_link(db, address)
    db.close()


@cache
def _load(settings: Settings) -> Flask:
    """The application, made before the serving process starts where that process inherits memory."""
    return create_app(settings)


def _start(settings: Settings, printing: bool, works: bool) -> Gateway:
    """The application and what runs beside it; in the serving process, where its threads live."""
    app = _load(settings)
    db, catalog = app.extensions["labflow.database"], app.extensions["labflow.catalog"]
    if printing:
        Deliverer(db, catalog).start()
    if works:
        Worker(db, duties(db, catalog, settings)).start()
    sys.setswitchinterval(_SWITCH_SECONDS)
    return Gateway(app, first=first_paths(app), max_body_bytes=settings.max_body_bytes)


def _print_first_link(db: Database, address: str) -> None:
    secret = administration.first_administrator_link(db, now=datetime.now(UTC), rng=RNG)
    if secret is not None:
        click.echo(f"There is no administrator yet. Open this link once: {address}/set-up/{secret}")


@main.command("print")
@click.pass_obj
def print_labels(house: House) -> None:
    """Deliver print jobs from a machine that reaches the printers; Ctrl-C stops after the job in hand."""
    settings = house.settings()
    house.keep_others_out(settings)
    catalog, db = house.catalog(settings), house.database(settings)
    if not catalog.printers:
        raise NoPrinters
    click.echo(f"Delivering to {', '.join(one.name for one in catalog.printers.values())}.")
    Deliverer(db, catalog).run()
