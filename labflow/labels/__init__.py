"""Labels: what they say, Code 128 bars that were read back, PDF pages of the stock's size, who printed."""

from .bars import UnreadableBars, code_128
from .content import LabelContent, NoLabelDesign, label_content, design_for
from .operations import issue, reprint
from .pdf import LabelTooSmall, labels_pdf
from .sheet import code_sheet
from .tables import PrintedLabel

__all__ = [
    "LabelContent",
    "LabelTooSmall",
    "NoLabelDesign",
    "PrintedLabel",
    "UnreadableBars",
    "code_128",
    "code_sheet",
    "issue",
    "label_content",
    "labels_pdf",
    "reprint",
    "design_for",
]
