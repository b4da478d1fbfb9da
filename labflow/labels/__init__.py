"""Labels: what they say, symbols that were read back, PDF, ZPL and SVG of one layout, print jobs, kits."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .content import (
    LabelContent,
    NoLabelDesign,
    UnknownLabelDesign,
    badge_content,
    bag_content,
    chosen_design,
    design_for,
    kit_content,
    label_content,
    place_content,
)
from .jobs import (
    Claim,
    OtherLabels,
    UnknownJob,
    UnknownPrinter,
    Wanted,
    asked_before,
    claim,
    fail,
    fail_waiting,
    fetched,
    finish,
    job_by_name,
    jobs_of_case,
    labels_of,
    newest_jobs,
    printer_at,
    printers_for,
    printers_with_work,
    queue_job,
    queue_jobs,
    retry,
)
from .kits import (
    KitClosed,
    KitCode,
    NotOfThisKit,
    SampleHasKitLabel,
    TwoLabelsOneCode,
    UnknownKit,
    kit_by_number,
    kit_labels,
    kit_of,
    kits,
    make_kit,
    reconcile_kit,
    use_kit_code,
)
from .lifecycle import JOB, KIT, JobAction, JobState, KitAction, KitState
from .operations import copies, count_copy, issue, reprint
from .tables import DowntimeKit, KitLabel, PrintedLabel, PrintJob, PrintJobLabel

if TYPE_CHECKING:
    from .bars import UnreadableBars, code_128
    from .kit_pages import kit_sheet
    from .layout import LabelTooSmall
    from .pdf import labels_pdf
    from .ruler import ruler_pdf, ruler_zpl
    from .sheet import code_sheet
    from .svg import label_svg
    from .timeline import timeline_pdf
    from .worklist import CheckpointOnPaper, WorklistLine, checkpoint_pdf, worklist_pdf
    from .zpl import RESOLUTIONS, UnknownResolution, labels_zpl

# What draws labels comes with the first label: a server that prints nothing does without its libraries.
_DRAWING = {
    "CheckpointOnPaper": "worklist",
    "RESOLUTIONS": "zpl",
    "LabelTooSmall": "layout",
    "UnknownResolution": "zpl",
    "UnreadableBars": "bars",
    "WorklistLine": "worklist",
    "checkpoint_pdf": "worklist",
    "code_128": "bars",
    "code_sheet": "sheet",
    "kit_sheet": "kit_pages",
    "label_svg": "svg",
    "labels_pdf": "pdf",
    "labels_zpl": "zpl",
    "ruler_pdf": "ruler",
    "ruler_zpl": "ruler",
    "timeline_pdf": "timeline",
    "worklist_pdf": "worklist",
}

__all__ = [
    "JOB",
    "KIT",
    "RESOLUTIONS",
    "CheckpointOnPaper",
    "Claim",
    "DowntimeKit",
    "JobAction",
    "JobState",
    "KitAction",
    "KitClosed",
    "KitCode",
    "KitLabel",
    "KitState",
    "LabelContent",
    "LabelTooSmall",
    "NoLabelDesign",
    "NotOfThisKit",
    "OtherLabels",
    "PrintJob",
    "PrintJobLabel",
    "PrintedLabel",
    "SampleHasKitLabel",
    "TwoLabelsOneCode",
    "UnknownJob",
    "UnknownKit",
    "UnknownLabelDesign",
    "UnknownPrinter",
    "UnknownResolution",
    "UnreadableBars",
    "Wanted",
    "WorklistLine",
    "asked_before",
    "badge_content",
    "bag_content",
    "checkpoint_pdf",
    "chosen_design",
    "claim",
    "code_128",
    "code_sheet",
    "copies",
    "count_copy",
    "design_for",
    "fail",
    "fail_waiting",
    "fetched",
    "finish",
    "issue",
    "job_by_name",
    "jobs_of_case",
    "kit_by_number",
    "kit_content",
    "kit_labels",
    "kit_of",
    "kit_sheet",
    "kits",
    "label_content",
    "label_svg",
    "labels_of",
    "labels_pdf",
    "labels_zpl",
    "make_kit",
    "newest_jobs",
    "place_content",
    "printer_at",
    "printers_for",
    "printers_with_work",
    "queue_job",
    "queue_jobs",
    "reconcile_kit",
    "reprint",
    "retry",
    "ruler_pdf",
    "ruler_zpl",
    "timeline_pdf",
    "use_kit_code",
    "worklist_pdf",
]


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name not in _DRAWING:
            raise AttributeError(f"labels has no {name}")
        return getattr(import_module(f"{__name__}.{_DRAWING[name]}"), name)
