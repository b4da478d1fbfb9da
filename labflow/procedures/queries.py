"""Finding procedures, their pulls and observations."""

from __future__ import annotations

from sqlmodel import Session, col, select

from ..foundation.errors import NotFound
from .tables import Observation, Procedure, Pull


class UnknownObservation(NotFound):
    """This procedure has no observation "{item}".

    Choose one from the procedure's list.
    """


def by_id(session: Session, procedure_id: int) -> Procedure:
    return session.get_one(Procedure, procedure_id)


def of_order(session: Session, order_id: int) -> list[Procedure]:
    """The procedures under an order, oldest first."""
    return list(
        session.exec(select(Procedure).where(Procedure.order_id == order_id).order_by(col(Procedure.id)))
    )


def pulls_of(session: Session, procedure_id: int) -> list[Pull]:
    """The pulls of a procedure in order."""
    return list(
        session.exec(select(Pull).where(Pull.procedure_id == procedure_id).order_by(col(Pull.number)))
    )


def observations_of(session: Session, procedure_id: int) -> list[Observation]:
    """What is watched after a procedure, by the time it is due."""
    rows = select(Observation).where(Observation.procedure_id == procedure_id)
    return list(session.exec(rows.order_by(col(Observation.due_at), col(Observation.id))))


def observation(session: Session, procedure_id: int, item: str) -> Observation:
    """One observation, locked; raises UnknownObservation."""
    row = select(Observation).where(Observation.procedure_id == procedure_id, Observation.item == item)
    found = session.exec(row.with_for_update()).first()
    if found is None:
        raise UnknownObservation(item=item[:40])
    return found
