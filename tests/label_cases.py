"""Labels to try: every design of the demo laboratory, names of the world and harmful ones, readers."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from io import BytesIO

import pypdfium2
import zplkit
import zxingcpp
from PIL import Image

from labflow.catalog import LabelDesign, load_catalog
from labflow.foundation.codes import CodeKind, new_code
from labflow.labels import LabelContent, labels_pdf, labels_zpl
from tests.support import ROOT

CATALOG = load_catalog(ROOT / "config.example.toml")
DESIGNS = tuple(CATALOG.label_designs.values())
TUBE = CATALOG.label_designs["TUBE"]
LOW_SLIDE = CATALOG.label_designs["SLIDE-LOW"]
LONG = "WOLFESCHLEGELSTEINHAUSENBERGERDORFF, Maximiliana-Wilhelmina-Theodora-Ann"
PLAIN_NAMES = ("SMITH, Jane", "O'BRIEN-NÍ DHÁLAIGH, Aoife", "OÏŒ-ĆĞŁŻ, Þóra", LONG)
WORLD_NAMES = (
    "ΠΑΠΑΔΟΠΟΎΛΟΥ, Ελένη",
    "ШЕВЧЕНКО, Ірина",
    "כהן, יעל",
    "عبد الله, محمد",
    "ჯაფარიძე, ნინო",
    "张, 伟",
    "김, 민준",
    "शर्मा, आरव",
    "NGUYỄN, Thị Ngọc Ánh",
    "🦄, Jo",
)
HARMFUL_NAMES = (
    "X^FS^FO0,0^BCN,99,Y^FDEVIL99999^FS^XZ",
    "^XA^FS~JR~DGR:A,8,1,FF^CC/^CD;^CT!",
    "^FH_^FD_5E_7E\\&\\",
    "A\r\nB\r\n^XZ\r\n^XA",
    "\x00\x01\x02\x10\x1b%-12345X\x7f",
    "\u202eenaJ ,HTIMS\u202c\u2066\u2069",
    "Z\u200bE\u200cR\u200dO\ufeff",
    "<script>alert(1)</script>",
    "]]>&amp;&lt;!ENTITY x SYSTEM 'file:///etc/passwd'>",
    "javascript:alert(1) (/URI /JavaScript) Tj ET",
    "%s{0.__class__}{{7*7}}$(reboot)`id`",
    "Za" + "\u0301\u0302\u0303" * 30 + "lgo",
    "W" * 80 + ", " + "M" * 80,
    "Ñ" * 160,
    "",
)
NAMES = (*PLAIN_NAMES, *WORLD_NAMES, *HARMFUL_NAMES)


def content(design: LabelDesign, *, code: str = "S7K2R04PX", name: str = "SMITH, Jane") -> LabelContent:
    """A label from the bedside with every detail that there is."""
    return LabelContent(
        code=code,
        design=design,
        name=name,
        identified_by=("MRN 123 456 7890", "Born 14-Jul-2019"),
        details=(
            "Collected 20-Nov-2026 09:00",
            "K2EDTA tube (lavender)",
            "Left posterior superior iliac crest, pull 2",
        ),
        beside_code="LF26-000123-X · 03",
    )


def contents(design: LabelDesign, count: int, *, seed: int = 1) -> list[LabelContent]:
    """Labels with codes of their own and all these names in turn."""
    rng = random.Random(seed)
    kind = {"bag": CodeKind.BAG, "place": CodeKind.PLACE, "badge": CodeKind.PERSON}.get(
        design.use, CodeKind.SAMPLE
    )
    return [
        content(design, code=new_code(kind, rng=rng), name=NAMES[number % len(NAMES)])
        for number in range(count)
    ]


def pages(pdf: bytes, dpi: int) -> Iterator[Image.Image]:
    """The pages as a printer of this resolution makes them."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        for page in document:
            yield page.render(scale=dpi / 72).to_pil().convert("L")
    finally:
        document.close()


def printed_pdf(labels: Sequence[LabelContent], dpi: int) -> list[Image.Image]:
    return list(pages(labels_pdf(labels, title="Labels"), dpi))


def printed_zpl(labels: Sequence[LabelContent], dpi: int) -> list[Image.Image]:
    """The labels as a printer's emulation makes them, one at a time: a job renders on one size."""
    return [image for label in labels for image in rendered(labels_zpl([label], dpi=dpi), label.design, dpi)]


def rendered(zpl: bytes, design: LabelDesign, dpi: int) -> list[Image.Image]:
    """Every label that the bytes make a printer print."""
    width, height = (round(mm * dpi / 25.4) for mm in (design.width_mm, design.height_mm))
    options = zplkit.Options(dpi=dpi, width=width, height=height)
    found = zplkit.render(zpl, options)
    return [Image.open(BytesIO(label.png())).convert("L") for label in found.labels]


def read(image: Image.Image) -> dict[str, str]:
    """What is read on the label, by symbol."""
    return {found.format.name: found.text for found in zxingcpp.read_barcodes(image)}


def symbols_of(design: LabelDesign) -> set[str]:
    """The symbols that the design shows on paper: Code 128 where 39 mm of width are there."""
    wanted = set(design.symbols)
    shown = {"DataMatrix"} if "data_matrix" in wanted else set()
    return shown | ({"Code128"} if "code_128" in wanted and design.width_mm > 39.2 else set())
