"""The demo laboratory: invented children in every state, made by the real journeys in the last days."""

from .preparing import DemoUnfinished, NotTheDemo, NotTheDemoLaboratory, prepare, reset

__all__ = ["DemoUnfinished", "NotTheDemo", "NotTheDemoLaboratory", "prepare", "reset"]
