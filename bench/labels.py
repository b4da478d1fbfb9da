"""`python -m bench labels`: a thousand labels of every design, printed and read back in five ways.

Every label has a code of its own; half of the names are harmful, long or of another script, the others random
signs of all scripts. A label counts when each of its symbols reads as its own code and no other code is read.
A reader that looks for several symbols at once now and then reads the same bars a second time and wrong: what
labflow refuses by its alphabet and check character is counted apart.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import zxingcpp
from PIL import Image, ImageFilter

from labflow.catalog import LabelDesign
from labflow.foundation.codes import check_code
from labflow.foundation.errors import Refused
from labflow.labels import LabelContent, labels_pdf
from tests.label_cases import DESIGNS, contents, pages, printed_zpl, symbols_of

WAYS = ("ZPL 203 dpi", "ZPL 300 dpi", "PDF 300 dpi", "PDF 600 dpi", "PDF 300 dpi, 8° and blurred")
EACH = 1_000
_CHUNK = 50
_REFUSED = ("", "refused")
_WORKERS = 2
_TILT_DEGREES = 8
# A tenth of a millimetre at 300 dpi: a phone held a little too near.
_BLUR_DOTS = 1.2
# First and last letters of blocks that names are written in, and of some that no name is.
_BLOCKS = ((0x20, 0x17F), (0x370, 0x52F), (0x5D0, 0x6D3), (0x900, 0x97F), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3))
_ODD_BLOCKS = ((0x0, 0x1F), (0x300, 0x36F), (0x2000, 0x206F), (0x1F600, 0x1F64F))


def main(each: int = EACH) -> int:
    """Prints a table of how many of each were read; 1 when one was not."""
    began = time.monotonic()
    chunks = [
        (design.code, first, min(_CHUNK, each - first))
        for design in DESIGNS
        for first in range(0, each, _CHUNK)
    ]
    found: Counter[tuple[str, str]] = Counter()
    with ProcessPoolExecutor(_WORKERS) as workers:
        for counted in workers.map(_count, chunks):
            found.update(counted)
    print(_table(found, each))
    refused = found.pop(_REFUSED)
    missed = len(DESIGNS) * len(WAYS) * each - found.total()
    print(f"{found.total():,} labels read as their own code, {missed} not; {refused} wrong readings besides,")
    print(f"all refused by alphabet and check character; {time.monotonic() - began:.0f} s.")
    return 1 if missed else 0


def _count(chunk: tuple[str, int, int]) -> Counter[tuple[str, str]]:
    """How many of the chunk's labels were read in each way, and how many readings were refused."""
    code, first, count = chunk
    design = next(one for one in DESIGNS if one.code == code)
    labels = _labels(design, first, count)
    found: Counter[tuple[str, str]] = Counter()
    for way, images in zip(WAYS, _printed(labels), strict=True):
        for label, image in zip(labels, images, strict=True):
            readings = {(one.format.name, one.text) for one in zxingcpp.read_barcodes(image)}
            own = {(symbol, label.code) for symbol in symbols_of(design)}
            refused = {one for one in readings - own if not _accepted(one[1])}
            found[code, way] += readings - refused == own
            found[_REFUSED] += len(refused)
    return found


def _accepted(text: str) -> bool:
    """Whether labflow takes the text for one of its codes."""
    try:
        check_code(text)
    except Refused:
        return False
    return True


def _labels(design: LabelDesign, first: int, count: int) -> list[LabelContent]:
    rng = random.Random(first)
    labels = contents(design, count, seed=first)
    return [replace(one, name=_name(rng)) if rng.random() < 0.5 else one for one in labels]


def _name(rng: random.Random) -> str:
    blocks = [rng.choice(_BLOCKS), rng.choice((*_BLOCKS, *_ODD_BLOCKS))]
    return "".join(chr(rng.randint(*rng.choice(blocks))) for _ in range(rng.randint(1, 160)))


def _printed(labels: list[LabelContent]) -> list[list[Image.Image]]:
    """The labels in the order of WAYS."""
    pdf = labels_pdf(labels, title="Labels")
    at_300 = list(pages(pdf, 300))
    return [
        printed_zpl(labels, 203),
        printed_zpl(labels, 300),
        at_300,
        list(pages(pdf, 600)),
        [_photographed(image) for image in at_300],
    ]


def _photographed(image: Image.Image) -> Image.Image:
    tilted = image.rotate(_TILT_DEGREES, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    return tilted.filter(ImageFilter.GaussianBlur(_BLUR_DOTS))


def _table(found: Counter[tuple[str, str]], each: int) -> str:
    """Markdown, a line a design."""
    head = ["design", "size (mm)", "symbols", *WAYS]
    rows = [
        [
            design.name,
            f"{design.width_mm:g} × {design.height_mm:g}",
            " + ".join(sorted(symbols_of(design))),
            *(f"{found[design.code, way]} of {each}" for way in WAYS),
        ]
        for design in DESIGNS
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))
