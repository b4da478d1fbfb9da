"""`labflow witness`: for a machine of another department, without any data of labflow."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from .. import ledger
from ..foundation.one_process import only_one
from ..ops.witness import MOST_BODY_BYTES, Witness, application, open_signer
from ..web.gateway import Gateway
from .house import main
from .serving import server_at

_SEED_BYTES = 32
_NAME_HELP = "Its name, like an address of yours (witness.example/marrow); counts at the first start only."


@main.command()
@click.option("--data", type=click.Path(path_type=Path), required=True, help="The folder where it remembers.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8040, show_default=True)
@click.option("--name", default=lambda: f"witness.invalid/{secrets.token_hex(4)}", help=_NAME_HELP)
@click.option("--log", "logs", multiple=True, required=True, help="Verifier key of a log; may be repeated.")
def witness(data: Path, host: str, port: int, name: str, logs: tuple[str, ...]) -> None:
    """Cosign the checkpoints of logs that only grow (c2sp.org/tlog-witness); Ctrl-C stops it."""
    click.get_current_context().with_resource(only_one(data))
    found = _witness(data, name, logs)
    click.echo(f"Witness of {', '.join(found.last())} on http://{host}:{port}")
    click.echo(f"Its verifier key, for the laboratory's configuration: {found.key}")
    server_at(host, port).serve(target_loader=partial(_start, data, name, logs), wrap_loader=False)


def _witness(data: Path, name: str, logs: tuple[str, ...]) -> Witness:
    signer = open_signer(data, name=name, seed=secrets.token_bytes(_SEED_BYTES))
    return Witness(
        data, signer, [ledger.Verifier.parse(log) for log in logs], clock=partial(datetime.now, UTC)
    )


def _start(data: Path, name: str, logs: tuple[str, ...]) -> Gateway:
    app = application(_witness(data, name, logs))
    return Gateway(app, first=(), max_body_bytes=MOST_BODY_BYTES)
