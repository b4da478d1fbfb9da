"""What the worker does: every duty of this laboratory, in one place."""

from __future__ import annotations

from ..catalog import Catalog
from ..foundation.database import Database
from ..foundation.settings import Settings
from .backup import Backups
from .cosigning import Cosigning
from .sequencer import Sequencer
from .watches import DiskWatch, Housekeeping, OverdueWatch
from .worker import Duty


def duties(db: Database, catalog: Catalog, settings: Settings) -> list[Duty]:
    """Everything that the worker does for this laboratory."""
    found: list[Duty] = [
        Sequencer(
            db,
            settings.data,
            catalog=catalog,
            origin=settings.log_origin,
            cosigning=_cosigning(catalog),
        ),
        OverdueWatch(db, catalog),
        DiskWatch(db, catalog, settings.data),
        Housekeeping(db),
        Backups(db, catalog, settings),
    ]
    if catalog.receivers:
        from .sending import Outbox

        found.append(Outbox(db, catalog))
    return found


def _cosigning(catalog: Catalog) -> Cosigning | None:
    return Cosigning(catalog.witnesses.values()) if catalog.witnesses else None
