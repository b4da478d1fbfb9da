"""Writing procedures, their pulls and their observations. Nothing here commits."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from ..catalog import Catalog
from ..foundation.act import Act, ReadBy
from ..foundation.errors import Conflict
from .account import Account, observation_items
from .tables import Observation, Procedure, Pull

# What the row keeps of the account under the same name.
_AS_TOLD = (
    *("outcome", "anaesthesia", "attempts", "site_reason", "volume_reason", "blood_drawn_ml"),
    *("antimicrobial_at", "note", "began_at", "ended_at"),
)


class ObservationDone(Conflict):
    """This observation was already noted.

    Nothing more to do here.
    """


@dataclass(frozen=True, kw_only=True)
class People:
    """Who took part, as rows of staff; `identified_with` confirmed a wristband that was typed."""

    operator_id: int
    supervisor_id: int | None = None
    identified_with: int | None = None
    site_confirmed_by: int | None = None
    volume_override_by: int | None = None


def record(
    session: Session,
    catalog: Catalog,
    order_id: int,
    account: Account,
    people: People,
    *,
    identified_by: ReadBy,
    weight_kg: Decimal | None,
    act: Act,
) -> tuple[Procedure, list[Pull]]:
    """A new procedure at the act's place, its pulls in order, and the observations due afterwards."""
    procedure = Procedure(
        order_id=order_id,
        identified_by=identified_by,
        place=act.place or "",
        checklist=dict.fromkeys(account.checked, act.occurred_at.isoformat()),
        complications=list(account.complications),
        weight_kg=weight_kg,
        **asdict(people),
        **{name: getattr(account, name) for name in _AS_TOLD},
    )
    session.add(procedure)
    session.flush()
    pulls = _pulls(procedure.id, account)
    session.add_all(pulls)
    session.flush()
    observations = _observations(procedure.id, catalog, account.ended_at)
    session.connection().execute(sa.insert(Observation), observations)
    return procedure, pulls


def note_observation(session: Session, observation: Observation, *, note: str, act: Act) -> None:
    """Somebody looked, at the time claimed; raises ObservationDone the second time."""
    if observation.done_at is not None:
        raise ObservationDone
    observation.done_at, observation.done_by, observation.note = act.occurred_at, act.by, note
    session.flush()


def _pulls(procedure_id: int, account: Account) -> list[Pull]:
    return [
        Pull(
            procedure_id=procedure_id,
            number=number,
            site=pull.site,
            side=pull.side,
            volume_ml=pull.volume_ml,
            needle_repositioned=pull.needle_repositioned,
            particles=pull.particles,
            pulled_at=pull.pulled_at or account.ended_at,
        )
        for number, pull in enumerate(account.pulls, start=1)
    ]


def _observations(procedure_id: int, catalog: Catalog, ended_at: datetime) -> list[dict[str, Any]]:
    return [
        {
            "procedure_id": procedure_id,
            "item": item.code,
            "due_at": None if item.after_hours is None else ended_at + timedelta(hours=item.after_hours),
            "note": "",
        }
        for item in observation_items(catalog)
    ]
