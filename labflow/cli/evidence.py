"""`labflow ledger`: evidence: checking it, its key, and going on after a loss."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from .. import ledger
from ..foundation.database import Database
from ..foundation.errors import Conflict, Refused
from ..foundation.settings import Settings
from ..journeys import evidence
from ..ops import log_recovery
from .house import RNG, House, main

_KEY_BYTES = 32
_MOST_PRINTED = 20


class NoKey(Refused):
    """No key of the log is known here, so nothing that it signed can be checked.

    Give the verifier key from the printed page: `labflow ledger check --key KEY`.
    """


class TargetThere(Conflict):
    """{path} exists already. Nothing was written.

    Name another folder or file.
    """


@main.group("ledger")
def ledger_commands() -> None:
    """Evidence."""


@ledger_commands.command("check")
@click.option("--log", "files", type=click.Path(path_type=Path), help="The folder with the log's files.")
@click.option("--key", "keys", multiple=True, help="A verifier key that you trust, or a file with such keys.")
@click.option("--paper", "papers", multiple=True, help="A checkpoint kept elsewhere: its text, or a file.")
@click.pass_obj
def check_ledger(house: House, files: Path | None, keys: Sequence[str], papers: Sequence[str]) -> None:
    """Re-compute every chain, the log, its checkpoints and its files; exit code 1 when anything does not fit.

    Trusts the keys pinned in the data folder, or those that you give; never what the log says of itself.
    """
    settings, now = house.settings(), datetime.now(UTC)
    house.database(settings).close()
    db = Database(settings.database_url, patient=True)
    trusted = _trusted(settings, keys)
    kept = [_kept(text, trusted) for text in papers]
    with db.reading() as session, _progress(ledger.count(session)) as told:
        if not trusted and ledger.last_log(session) is not None:
            raise NoKey
        chains = ledger.check(session, told=told)
        logs = ledger.check_logs(
            session, files or settings.data / "log", trusted, now=now, kept=kept, told=told
        )
    for fault in (faults := [*chains.faults, *logs.faults]):
        click.echo(f"FAULT {fault}")
    click.echo(f"{chains.entries} entries in {chains.chains} chains: {len(faults) or 'no'} faults.")
    waiting = f"; {logs.waiting} entries wait for their leaf" if logs.waiting else ""
    click.echo(f"{logs.leaves} leaves under {logs.checkpoints} signed checkpoints{waiting}.")
    sys.exit(1 if faults else 0)


def _trusted(settings: Settings, given: Sequence[str]) -> list[ledger.Verifier]:
    """The keys given, else the pinned ones; raises NotAKey."""
    lines = [line for text in given for line in _text(text).splitlines() if line.strip()]
    return [ledger.Verifier.parse(line) for line in lines] or ledger.LogKeys(settings.data).pinned()


def _kept(text: str, trusted: Sequence[ledger.Verifier]) -> ledger.TreeHead:
    """A checkpoint from paper or a file; raises NotANote, NotACheckpoint, WrongSignature."""
    note = ledger.read_paper(_text(text))
    origin = ledger.parse_checkpoint(ledger.parse_note(note).text).origin
    return ledger.open_checkpoint(note, [key for key in trusted if key.name == origin], origin=origin)


def _text(given: str) -> str:
    """What was given, or what stands in the file of that name."""
    path = Path(given) if len(given) < 1_000 and "\n" not in given else None
    return path.read_text(encoding="utf-8") if path and path.is_file() else given


@contextmanager
def _progress(length: int) -> Iterator[Callable[[int], object]]:
    """A bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda entries: None
        return
    with click.progressbar(length=length, label="Checking", file=sys.stderr) as bar:
        yield bar.update


@ledger_commands.command("proof")
@click.argument("sample")
@click.argument("target", type=click.Path(path_type=Path), required=False)
@click.option(
    "--with-details/--without-details",
    default=True,
    help="Also what the entries only commit to: how it was read, reasons, conditions.",
)
@click.pass_obj
def prove(house: House, sample: str, target: Path | None, with_details: bool) -> None:
    """Write the custody pack of a SAMPLE, for whoever is to check it without labflow.

    TARGET is a new folder or a .zip file; by default SAMPLE.zip. No child is named in it.
    """
    settings, now = house.settings(), datetime.now(UTC)
    db, target = house.database(settings), target or Path(f"{sample}.zip")
    if target.exists():
        raise TargetThere(path=target)
    pack = evidence.custody_pack(
        db, house.catalog(settings), settings.data, sample, now=now, details=with_details
    )
    if target.suffix == ".zip":
        target.write_bytes(evidence.as_zip(pack, now=now))
    else:
        for name, content in pack.items():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes(content)
    click.echo(f"{len(pack)} files in {target}.")


@ledger_commands.command("key")
@click.pass_obj
def show_key(house: House) -> None:
    """Print the verifier keys of the log, the newest last; keep them on paper."""
    keys = ledger.LogKeys(house.settings().data).pinned()
    if not keys:
        raise NoKey
    for key in keys:
        click.echo(key.vkey)


@ledger_commands.command("rotate-key")
@click.pass_obj
def rotate_key(house: House) -> None:
    """Make another key for the log; the present one goes on signing beside it for 30 days."""
    settings = house.settings()
    db, keys = house.database(settings), ledger.LogKeys(settings.data)
    with db.reading() as session:
        log = ledger.last_log(session)
    if log is None:
        raise log_recovery.NoLogYet
    key = keys.rotate(log.origin, seed=secrets.token_bytes(_KEY_BYTES), now=datetime.now(UTC))
    with db.writing() as session:
        ledger.name_key(session, log.id, key.vkey)
    click.echo(f"The log {log.origin} has a new key. Put it on paper beside the old one:\n{key.vkey}")


@ledger_commands.command("recover")
@click.option("--moved", is_flag=True, help="The data were moved here for good: go on with the same log.")
@click.option("--yes", is_flag=True, help="Open the next log without asking.")
@click.pass_obj
def recover(house: House, moved: bool, yes: bool) -> None:
    """List what the log published and the database has no more, and open the next log, which says so."""
    settings = house.settings()
    db = house.database(settings)
    if moved:
        log_recovery.go_on_here(settings.data)
        click.echo("The log goes on here.")
        return
    _tell_missing(log_recovery.look(db, settings.data))
    if yes or click.confirm("Open the next log?"):
        origin = log_recovery.open_next(db, settings.data, now=datetime.now(UTC), rng=RNG)
        keys = ledger.LogKeys(settings.data).pinned()
        click.echo(f"The log {origin} is open. Put its key on paper:\n{keys[-1].vkey}")


def _tell_missing(missing: log_recovery.Missing) -> None:
    loss = missing.loss
    if loss is None or loss.first == loss.end:
        click.echo(f"Nothing is missing of what the log {missing.origin} published.")
        return
    click.echo(
        f"The log {missing.origin} published {loss.end} entries; "
        f"{loss.end - loss.first} of them, from leaf {loss.first} on, are not in the database:"
    )
    for entry in missing.entries:
        sample = missing.codes.get(entry.chain, "a sample that the database does not know")
        click.echo(
            f"  leaf {entry.leaf}: {entry.recorded_at} {entry.kind}, {sample} "
            f"(chain {entry.chain}, entry {entry.number})"
        )
