"""`labflow worker`: what is done without a request."""

from __future__ import annotations

import signal
from types import FrameType

import click

from ..ops.duties import duties
from ..ops.worker import Worker
from .house import House, main


@main.command("worker")
@click.pass_obj
def work(house: House) -> None:
    """Do what needs no request: log, messages, overdue samples, backups. SIGTERM or Ctrl-C ends it.

    The rounds in hand are done to their end; a second SIGTERM or Ctrl-C does not wait for them.
    """
    settings = house.settings()
    house.keep_others_out(settings)
    catalog, db = house.catalog(settings), house.database(settings)
    todo = duties(db, catalog, settings)
    worker = Worker(db, todo)
    _stop_with_a_signal(worker)
    click.echo(f"At work: {', '.join(duty.name for duty in todo)}.")
    worker.run()


def _stop_with_a_signal(worker: Worker) -> None:
    def stop(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        worker.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
