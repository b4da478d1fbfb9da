"""`labflow`: serve the laboratory and look after it."""

from __future__ import annotations

import gc
import os
import random
import sys
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import click
from flask import Flask
from granian import Granian
from granian.constants import Interfaces

from . import ledger
from .app import create_app
from .catalog import Catalog, ConfigurationFaults, Fault, describe_faults, load_catalog
from .foundation.act import act_of_system
from .foundation.database import Database
from .foundation.errors import LabError, Refused
from .foundation.settings import Settings, load_settings, server_faults
from .interop import hl7
from .journeys import administration
from .migrations import upgrade
from .ops import backup as backups
from .ops import demo as demo_laboratory
from .ops.delivery import Deliverer
from .staff import Role
from .web.templating import example_config

_THREADS = 8
_RNG = random.SystemRandom()


@dataclass
class House:
    """What every command needs; opened when first asked for."""

    data: Path | None
    config: Path | None

    def settings(self, *, demo: bool = False) -> Settings:
        return load_settings(os.environ, config=self.config, data=self.data, demo=demo)

    def catalog(self, settings: Settings) -> Catalog:
        return load_catalog(settings.config or example_config())

    def database(self, settings: Settings) -> Database:
        """The database at this version's schema."""
        upgrade(settings.database_url)
        return Database(settings.database_url)


class NoPrinters(Refused):
    """The configuration has no printers, so there is nothing to deliver to.

    Add a [printers] table, or let people take labels as a PDF.
    """


class _Commands(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ConfigurationFaults as error:
            click.echo(describe_faults(error.faults), err=True)
        except LabError as error:
            click.echo(f"{error.message} {error.next_step}", err=True)
        sys.exit(2)


@click.group(cls=_Commands)
@click.option(
    "--data", type=click.Path(path_type=Path), envvar="LABFLOW_DATA", help="The folder with the data."
)
@click.option(
    "--config", type=click.Path(path_type=Path), envvar="LABFLOW_CONFIG", help="The configuration file."
)
@click.version_option(package_name="labflow")
@click.pass_context
def main(ctx: click.Context, data: Path | None, config: Path | None) -> None:
    """Sample tracking for children's bone marrow aspirates."""
    ctx.obj = House(data, config)


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
@click.pass_obj
def serve(house: House, host: str, port: int, demo: bool, printing: bool) -> None:
    """Serve the laboratory; Ctrl-C stops it and keeps the data."""
    settings = house.settings(demo=demo)
    catalog, db = house.catalog(settings), house.database(settings)
    address = f"http://{host}:{port}"
    if demo:
        demo_laboratory.prepare(db, catalog, now=datetime.now(UTC), secret=settings.secret_key)
        click.echo(f"The demo laboratory: open {address} and choose a role.")
    else:
        _print_first_link(db, address)
    db.close()
    granian = Granian(
        "labflow",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,  # one process writes to SQLite
        blocking_threads=_THREADS,
        websockets=False,
    )
    _load(settings)
    gc.collect()  # the serving process shares what is loaded by now, unless garbage collection writes to it
    gc.freeze()
    granian.serve(target_loader=partial(_start if printing else _load, settings), wrap_loader=False)


@cache
def _load(settings: Settings) -> Flask:
    """The application, made before the serving process starts where that process inherits memory."""
    return create_app(settings)


def _start(settings: Settings) -> Flask:
    """The application and the delivery of its print jobs; in the serving process, where its thread lives."""
    app = _load(settings)
    Deliverer(app.extensions["labflow.database"], app.extensions["labflow.catalog"]).start()
    return app


def _print_first_link(db: Database, address: str) -> None:
    secret = administration.first_administrator_link(db, now=datetime.now(UTC), rng=_RNG)
    if secret is not None:
        click.echo(f"There is no administrator yet. Open this link once: {address}/set-up/{secret}")


@main.command("print")
@click.pass_obj
def print_labels(house: House) -> None:
    """Deliver print jobs from a machine that reaches the printers; Ctrl-C stops after the job in hand."""
    settings = house.settings()
    catalog, db = house.catalog(settings), house.database(settings)
    if not catalog.printers:
        raise NoPrinters
    click.echo(f"Delivering to {', '.join(one.name for one in catalog.printers.values())}.")
    Deliverer(db, catalog).run()


@main.command()
@click.option("--reset", is_flag=True, help="Throw the demo laboratory's data away and make them anew.")
@click.pass_obj
def demo(house: House, reset: bool) -> None:
    """Make the demo laboratory's data."""
    settings = house.settings(demo=True)
    catalog, db = house.catalog(settings), house.database(settings)
    if reset:
        demo_laboratory.reset(settings.database_url, db)
    made = demo_laboratory.prepare(db, catalog, now=datetime.now(UTC), secret=settings.secret_key)
    click.echo(
        "The demo laboratory is ready." if made else "There are data already. Use --reset for new ones."
    )


@main.command()
@click.pass_obj
def migrate(house: House) -> None:
    """Bring the database to this version's schema."""
    house.database(house.settings()).close()
    click.echo("The database is at this version's schema.")


@main.command("check-config")
@click.argument("file", type=click.Path(path_type=Path))
def check_config(file: Path) -> None:
    """Check a configuration file; prints all faults, exit code 2 when there are any."""
    faults = _server_faults(file)
    try:
        catalog = load_catalog(file)
    except ConfigurationFaults as error:
        faults += error.faults
    if faults:
        click.echo(describe_faults(faults))
        sys.exit(2)
    click.echo(f"{file}: {len(catalog.tests)} tests, {len(catalog.panels)} panels, no faults.")


def _server_faults(file: Path) -> list[Fault]:
    """What is wrong in the [server] table; a file that is no TOML at all is the catalog's to tell."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8")).get("server", {})
    except (OSError, ValueError):
        return []
    if not isinstance(table, dict):
        return [Fault("server", "a table", repr(table))]
    return [
        Fault(path, expected, repr(table.get(path.partition(".")[2])))
        for path, expected in server_faults(table)
    ]


@main.command("import-orders")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.pass_obj
def import_orders(house: House, files: tuple[Path, ...]) -> None:
    """Read orders (HL7 v2.5.1 OML^O21); one line a message, exit code 1 when any was refused."""
    settings = house.settings()
    catalog, db = house.catalog(settings), house.database(settings)
    act = act_of_system(at=datetime.now(UTC), rng=_RNG)
    refused = False
    for line in hl7.import_files(db, catalog, files, act=act):
        click.echo(line.words)
        refused |= line.refused
    sys.exit(1 if refused else 0)


@main.group()
def staff() -> None:
    """People."""


@staff.command("add")
@click.argument("login")
@click.argument("name")
@click.option(
    "--role", "roles", multiple=True, required=True, type=click.Choice([role.value for role in Role])
)
@click.pass_obj
def add_person(house: House, login: str, name: str, roles: tuple[str, ...]) -> None:
    """Register a person; prints the one-time link that sets the password."""
    db = house.database(house.settings())
    made = administration.register_person(
        db, login=login, name=name, roles=[Role(role) for role in roles], now=datetime.now(UTC), rng=_RNG
    )
    click.echo(f"{name} has the badge {made.person.badge}.")
    click.echo(f"Open once, on your server's address: /set-up/{made.secret}")


@main.group("ledger")
def ledger_commands() -> None:
    """Evidence."""


@ledger_commands.command("check")
@click.pass_obj
def check_ledger(house: House) -> None:
    """Re-compute every chain; names the first entry of each chain that does not fit, exit code 1."""
    db = house.database(house.settings())
    with db.reading() as session:
        found = ledger.check(session)
    for fault in found.faults:
        click.echo(f"FAULT {fault}")
    click.echo(f"{found.entries} entries in {found.chains} chains: {len(found.faults) or 'no'} faults.")
    sys.exit(1 if found.faults else 0)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.pass_obj
def backup(house: House, folder: Path) -> None:
    """Copy the embedded database into a folder while it is in use."""
    db = house.database(house.settings())
    click.echo(f"Copied to {backups.back_up(db, folder, now=datetime.now(UTC))}.")
