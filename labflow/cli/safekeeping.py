"""`labflow backup`: copies of the data."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from ..ops import backup as backups
from .house import House, main


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.pass_obj
def backup(house: House, folder: Path) -> None:
    """Copy the embedded database into a folder while it is in use."""
    db = house.database(house.settings())
    click.echo(f"Copied to {backups.back_up(db, folder, now=datetime.now(UTC))}.")
