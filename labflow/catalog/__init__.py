"""What this laboratory offers: tests, panels, containers, queues, places, limits. Read from config, pure."""

from .offer import Catalog, SampleKind, Side, Temperature, Urgency

__all__ = ["Catalog", "SampleKind", "Side", "Temperature", "Urgency"]
