"""`labflow ledger`: evidence, and checking it."""

from __future__ import annotations

import sys

import click

from .. import ledger
from .house import House, main


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
