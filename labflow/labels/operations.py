"""Recording what was printed. Nothing here commits; custody is recorded by the journey."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from ..catalog import Catalog, ReasonUse, require_reason
from ..foundation.act import Act
from ..samples import Sample
from .content import design_for
from .tables import PrintedLabel


def issue(session: Session, catalog: Catalog, rows: Sequence[Sample], *, act: Act) -> None:
    """The first label of each sample."""
    printed = [_printed(catalog, sample, 1, None, act) for sample in rows]
    if printed:
        session.connection().execute(sa.insert(PrintedLabel), printed)


def reprint(session: Session, catalog: Catalog, sample: Sample, *, reason: str, act: Act) -> int:
    """One more label of a sample, with a coded reason; the number of this copy. Raises UnknownReason."""
    require_reason(catalog, reason, ReasonUse.REPRINT)
    return count_copy(session, catalog, sample, reason=reason, act=act)


def count_copy(session: Session, catalog: Catalog, sample: Sample, *, reason: str, act: Act) -> int:
    """The number of one more label of a sample, whatever it is needed for."""
    copy = copies(session, sample) + 1
    session.connection().execute(sa.insert(PrintedLabel), _printed(catalog, sample, copy, reason, act))
    return copy


def copies(session: Session, sample: Sample) -> int:
    """How many labels of the sample were issued."""
    last = select(func.max(PrintedLabel.copy_number)).where(col(PrintedLabel.sample_id) == sample.id)
    return session.exec(last).one() or 0


def _printed(catalog: Catalog, sample: Sample, copy: int, reason: str | None, act: Act) -> dict[str, Any]:
    return {
        "sample_id": sample.id,
        "copy_number": copy,
        "stock": design_for(catalog, sample).code,
        "reason": reason,
        "printed_by": act.by,
        "printed_at": act.at,
    }
