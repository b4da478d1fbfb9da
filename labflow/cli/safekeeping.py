"""`labflow backup` and `labflow restore`: copies of the data, and the way back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from ..foundation.database import Database
from ..ops import backup as backups
from .house import House, main


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.pass_obj
def backup(house: House, folder: Path) -> None:
    """Back the database up into a folder while it is in use: one file with its checksum."""
    db = Database(
        house.settings().database_url, patient=True
    )  # as it is: a backup before an upgrade must not upgrade
    made = backups.make(db, folder, now=datetime.now(UTC))
    ledger = made.manifest.ledger
    click.echo(f"Saved {made.path} ({made.size_bytes / 1e6:,.1f} MB, {ledger.entries:,} entries).")
    click.echo(f"SHA-256 {made.sha256}")


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Keep the database that is there under a dated name beside.")
@click.option("--another-laboratory", is_flag=True, help="Take a backup that belongs to another log.")
@click.option("--check-only", is_flag=True, help="Restore on trial, check everything, change nothing.")
@click.pass_obj
def restore(house: House, file: Path, replace: bool, another_laboratory: bool, check_only: bool) -> None:
    """Restore a backup when every check is passed; the server must be stopped."""
    settings = house.settings()
    if check_only:
        manifest = backups.try_out(file, url=settings.database_url, data=settings.data)
        click.echo(f"{file} can be restored: {_what(manifest)}.")
        return
    restored = backups.restore(
        file, settings, replace=replace, another_laboratory=another_laboratory, now=datetime.now(UTC)
    )
    click.echo(f"Restored: {_what(restored.manifest)}; every check is passed.")
    if not restored.checked.signatures:
        click.echo("The log's signatures were not checked: no key of it is pinned in this data folder.")
    if restored.kept:
        click.echo(f"The database that was there is {restored.kept}.")
    if missing := restored.missing_from_log:
        click.echo(
            f"The published log knows {missing} entries that this backup lacks: at the start labflow raises "
            "an alarm, and `labflow ledger recover` goes on with a new log that names the gap."
        )


def _what(manifest: backups.Manifest) -> str:
    return f"the laboratory of {manifest.made_at:%Y-%m-%d %H:%M} UTC, {manifest.ledger.entries:,} entries"
