"""The laboratory's data: configuration, schema, demo, orders that come in files."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import click

from ..catalog import ConfigurationFaults, Fault, describe_faults, load_catalog
from ..foundation.act import act_of_system
from ..foundation.settings import backup_faults, server_faults
from ..interop import hl7
from ..ops import demo as demo_laboratory
from .house import RNG, House, main

_FaultsOf = Callable[[Mapping[str, object]], list[tuple[str, str]]]


@main.command()
@click.option("--reset", is_flag=True, help="Throw the demo laboratory's data away and make them anew.")
@click.pass_obj
def demo(house: House, reset: bool) -> None:
    """Make the demo laboratory's data."""
    settings = house.settings(demo=True)
    if reset:
        house.keep_others_out(settings)
    catalog, db = house.catalog(settings), house.database(settings)
    if reset:
        demo_laboratory.reset(settings.database_url, db, settings.data)
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
    """What is wrong in [server] and [backups]; a file that is no TOML at all is the catalog's to tell."""
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    checks = {"server": server_faults, "backups": backup_faults}
    return [
        fault
        for title, faults_of in checks.items()
        if title in document
        for fault in _table_faults(title, document[title], faults_of)
    ]


def _table_faults(title: str, table: object, faults_of: _FaultsOf) -> list[Fault]:
    if not isinstance(table, dict):
        return [Fault(title, "a table", repr(table))]
    return [
        Fault(path, expected, repr(table.get(path.partition(".")[2]))) for path, expected in faults_of(table)
    ]


@main.command("import-orders")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.pass_obj
def import_orders(house: House, files: tuple[Path, ...]) -> None:
    """Read orders (HL7 v2.5.1 OML^O21); one line a message, exit code 1 when any was refused."""
    settings = house.settings()
    catalog, db = house.catalog(settings), house.database(settings)
    act = act_of_system(at=datetime.now(UTC), rng=RNG)
    refused = False
    for line in hl7.import_files(db, catalog, files, act=act):
        click.echo(line.words)
        refused |= line.refused
    sys.exit(1 if refused else 0)
