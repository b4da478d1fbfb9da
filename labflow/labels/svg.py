"""A label as an SVG of true size, for the preview on a page: the print's layout; no script, style or link."""

from __future__ import annotations

from xml.etree import ElementTree

from .content import LabelContent
from .dots import Grid, symbols
from .layout import LabelLayout, PlacedText, layout
from .script import BOLD

_GRID = Grid(300)
_NAMESPACE = "http://www.w3.org/2000/svg"
_FAMILY = "DejaVu Sans Condensed, DejaVu Sans, Arial, sans-serif"


def label_svg(content: LabelContent) -> str:
    """The label as it is printed; raises LabelTooSmall and UnreadableBars."""
    label = layout(content)
    width, height = f"{label.design.width_mm:g}", f"{label.design.height_mm:g}"
    root = ElementTree.Element(
        "svg",
        {
            "xmlns": _NAMESPACE,
            "width": f"{width}mm",
            "height": f"{height}mm",
            "viewBox": f"0 0 {width} {height}",
            "role": "img",
            "aria-label": f"Label {label.code}",
        },
    )
    ElementTree.SubElement(root, "rect", {"width": width, "height": height, "fill": "#fff"})
    ElementTree.SubElement(root, "path", {"d": _shape(label), "shape-rendering": "crispEdges"})
    for text in label.texts:
        _write(root, text)
    return ElementTree.tostring(root, encoding="unicode")


def _shape(label: LabelLayout) -> str:
    return "".join(
        f"M{_mm(dark.left)} {_mm(dark.top)}h{_mm(dark.width)}v{_mm(dark.height)}h-{_mm(dark.width)}z"
        for dark in symbols(label, _GRID)
    )


def _mm(dots: int) -> str:
    return f"{dots / _GRID.per_mm:.3f}"


def _write(root: ElementTree.Element, text: PlacedText) -> None:
    """As long as on paper, whatever fonts the reader has; the signs stand in drawing order already."""
    attributes = {
        "x": f"{text.left:.3f}",
        "y": f"{text.baseline:.3f}",
        "font-family": _FAMILY,
        "font-size": f"{text.size:.3f}",
        "font-weight": "bold" if text.font == BOLD else "normal",
        "textLength": f"{text.width:.3f}",
        "lengthAdjust": "spacingAndGlyphs",
        "direction": "ltr",
        "unicode-bidi": "bidi-override",
        "xml:space": "preserve",
        "fill": "#000",
    }
    ElementTree.SubElement(root, "text", attributes).text = text.text
