"""What labels are printed on, and what prints them, as plain values. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from .kinds import LabelUse, SampleKind, Symbol


@dataclass(frozen=True, kw_only=True)
class LabelDesign:
    """A label: its size, what it is for, and the symbols it carries where they fit.

    A sample takes the first design that names its container, else the first that names its kind.
    `laboratory_made`: only for samples made in the laboratory (true) or only for those from the bedside
    (false); unset, for both.
    """

    code: str
    name: str
    width_mm: float
    height_mm: float
    use: LabelUse = LabelUse.SAMPLE
    for_kinds: tuple[SampleKind, ...] = ()
    containers: tuple[str, ...] = ()
    laboratory_made: bool | None = None
    symbols: tuple[Symbol, ...] = (Symbol.CODE_128, Symbol.DATA_MATRIX)


@dataclass(frozen=True, kw_only=True)
class Printer:
    """A label printer (ZPL II over raw TCP): what it prints for which places. Nothing else is ever asked."""

    code: str
    name: str
    host: str
    port: int = 9100
    dpi: int
    places: tuple[str, ...]
    designs: tuple[str, ...]

    def prints(self, design: str, *, at: str | None) -> bool:
        """Whether labels of this design that are wanted at this place come out here."""
        return at in self.places and design in self.designs
