"""Telling other systems: what the receivers of the configuration are to know, queued for them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlmodel import Session

from .. import custody, ledger
from ..catalog import Catalog, Receiver, Tells
from ..custody import SampleAct
from ..foundation.alarms import Alarm
from ..foundation.outbox import Follower, queue_message

_MOST_AT_ONCE = 500


def tell_alarm(session: Session, catalog: Catalog, alarm: Alarm, *, now: datetime) -> None:
    """Queues this alarm about labflow for whoever wants to know."""
    told = {"code": alarm.code, "words": alarm.words, "raised_at": _instant(alarm.raised_at)}
    message_id = uuid5(NAMESPACE_URL, f"labflow:alarm:{alarm.code}:{_instant(alarm.raised_at)}")
    _queue(session, catalog, Tells.ALARM, told, stream=alarm.code, message_id=message_id, now=now)


def tell_overdue(
    session: Session, catalog: Catalog, *, sample: str, what: str, words: str, due_at: datetime, now: datetime
) -> None:
    """Queues what was escalated: the sample's code, `what` is overdue, since when, and `words` for people."""
    told = {"sample": sample, "what": what, "words": words, "due_at": _instant(due_at)}
    message_id = uuid5(NAMESPACE_URL, f"labflow:overdue:{sample}:{what}:{_instant(due_at)}")
    _queue(session, catalog, Tells.OVERDUE, told, stream=sample, message_id=message_id, now=now)


def acts_to_tell(session: Session, receiver: Receiver) -> list[SampleAct]:
    """The acts on samples that this receiver has not been told of yet; they count as told from now on.

    A receiver that is new begins with what happens next: history is not sent to it.
    """
    follower = session.get(Follower, receiver.code)
    if follower is None:
        log_id, leaf_index = ledger.end_of_log(session)
        session.add(Follower(receiver=receiver.code, log_id=log_id, leaf_index=leaf_index))
        return []
    found = custody.acts_after(session, follower.log_id, follower.leaf_index, most=_MOST_AT_ONCE)
    follower.log_id, follower.leaf_index = found.log_id, found.leaf_index
    return found.acts


def act_as_json(catalog: Catalog, act: SampleAct) -> str:
    """An act on a sample as a webhook gets it; nothing in it names a child."""
    place = catalog.places.get(act.place or "")
    told = {
        "sample": act.sample,
        "container": act.container,
        "act": act.kind.value,
        "reversal": act.reversal,
        "hl7_trigger": act.hl7 or None,
        "place": act.place,
        "place_name": place.name if place else None,
        "reasons": list(act.reasons),
        "occurred_at": _instant(act.occurred_at),
        "recorded_at": _instant(act.recorded_at),
    }
    return _body(Tells.SAMPLE_STATUS, act.event_id, told)


def receivers_of(catalog: Catalog, tells: Tells) -> Iterator[Receiver]:
    """Who wants to be told of this."""
    return (receiver for receiver in catalog.receivers.values() if tells in receiver.tells)


def _queue(
    session: Session,
    catalog: Catalog,
    tells: Tells,
    told: dict[str, Any],
    *,
    stream: str,
    message_id: UUID,
    now: datetime,
) -> None:
    for receiver in receivers_of(catalog, tells):
        queue_message(
            session,
            receiver=receiver.code,
            stream=stream,
            kind=tells,
            body=_body(tells, message_id, told),
            message_id=message_id,
            now=now,
        )


def _body(tells: Tells, message_id: UUID, told: dict[str, Any]) -> str:
    return json.dumps({"message_id": str(message_id), "kind": tells.value, **told}, ensure_ascii=False)


def _instant(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
