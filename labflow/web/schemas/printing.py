"""Print jobs, labels again, labels out of use, and downtime kits."""

from __future__ import annotations

from collections.abc import Iterable

from marshmallow import fields, validate

from ...catalog import Container
from ...foundation.act import ReadBy
from ...labels import JobState, KitState
from ...samples import SampleState
from . import Strict

_CODE = validate.Length(equal=9)
_NAME = validate.Length(min=1, max=20)
_REASON = validate.Length(min=1, max=40)
_MOST_CODES = 60


def _reason(words: str) -> fields.String:
    return fields.String(required=True, validate=_REASON, error_messages={"required": words})


def _printer() -> fields.String:
    return fields.String(
        load_default=None,
        allow_none=True,
        validate=_NAME,
        metadata={"description": "A printer of the configuration; nothing for a PDF"},
    )


class PrintAgainIn(Strict):
    """Labels of one case to print again."""

    codes = fields.List(
        fields.String(validate=_CODE),
        required=True,
        validate=validate.Length(min=1, max=100),
        error_messages={"required": "Tick the labels to print."},
    )
    copies = fields.Integer(
        load_default=1, validate=validate.Range(min=1, max=9, error="Choose 1 to 9 copies.")
    )
    reason = _reason("Choose why labels are printed again.")
    printer = _printer()
    design = fields.String(
        load_default=None,
        allow_none=True,
        validate=_NAME,
        metadata={"description": "Another label design; nothing for each sample's usual one"},
    )


class RetryIn(Strict):
    printer = _printer()


class TestLabelIn(Strict):
    printer = fields.String(required=True, validate=_NAME)
    design = fields.String(required=True, validate=_NAME)


class RelabelIn(Strict):
    reason = _reason("Choose why the sample gets another code.")
    printer = _printer()


class VoidIn(Strict):
    reason = _reason("Choose why there is no such sample.")


class JobsQuery(Strict):
    state = fields.Enum(JobState, by_value=True, load_default=None)
    after = fields.String(load_default=None)


class PrinterOut(Strict):
    code = fields.String()
    name = fields.String()


class JobLabelOut(Strict):
    code = fields.String(metadata={"description": "Empty for a test label"})
    words = fields.String()
    design = fields.String()
    copies = fields.Integer()
    out_of_use = fields.Boolean()


class JobOut(Strict):
    """A print job. `perhaps_twice`: labels may have come out before, so compare what there is."""

    name = fields.UUID()
    state = fields.Enum(JobState, by_value=True)
    printer = fields.String(allow_none=True)
    printer_name = fields.String()
    place = fields.String(allow_none=True)
    case_number = fields.String()
    asked_by = fields.String()
    asked_at = fields.AwareDateTime()
    tries = fields.Integer()
    finished_at = fields.AwareDateTime(allow_none=True)
    why = fields.String(metadata={"description": "What went wrong and what to do, in plain words"})
    perhaps_twice = fields.Boolean()
    labels = fields.List(fields.Nested(JobLabelOut))
    printers = fields.List(fields.Nested(PrinterOut))


class JobsOut(Strict):
    jobs = fields.List(fields.Nested(JobOut))
    next = fields.String(allow_none=True, metadata={"description": "Send as `after` for the next page"})


class LabelRowOut(Strict):
    code = fields.String()
    number = fields.Integer()
    container = fields.String()
    design = fields.String()
    copies = fields.Integer()
    labelled = fields.Boolean()
    state = fields.Enum(SampleState, by_value=True)
    voidable = fields.Boolean()


class LabelSetOut(Strict):
    case_number = fields.String()
    labels = fields.List(fields.Nested(LabelRowOut), attribute="rows")
    printers = fields.List(fields.Nested(PrinterOut))


class VoidedOut(Strict):
    code = fields.String()
    case_number = fields.String()
    tests_not_possible = fields.List(fields.String())


class RelabelledOut(Strict):
    old_code = fields.String()
    code = fields.String()
    case_number = fields.String()
    job = fields.UUID(attribute="job.name")


class KitIn(Strict):
    """A new kit: a label for each container, those of one kind as often as they are needed."""

    containers = fields.List(
        fields.String(validate=_NAME), required=True, validate=validate.Length(min=1, max=_MOST_CODES)
    )
    place = fields.String(load_default=None, allow_none=True, validate=_CODE)


def kit_form(containers: Iterable[Container]) -> type[Strict]:
    """The same as a form: how many of each container."""
    counts = {
        f"count_{one.code}": fields.Integer(
            load_default=0, validate=validate.Range(min=0, max=_MOST_CODES, error=f"Type 0 to {_MOST_CODES}.")
        )
        for one in containers
    }
    place = fields.String(load_default=None, validate=_CODE)
    return type("KitForm", (Strict,), {**counts, "place": place})


class PutOnIn(Strict):
    sample = fields.String(required=True, validate=_CODE, error_messages={"required": "Choose the sample."})
    read_by = fields.Enum(ReadBy, by_value=True, load_default=ReadBy.TYPED)


class PutOnForm(Strict):
    sample = fields.String(required=True, validate=_CODE, error_messages={"required": "Choose the sample."})
    code = fields.String(
        required=True, validate=_CODE, error_messages={"required": "Scan the label on the container."}
    )


class PrinterIn(Strict):
    printer = fields.String(required=True, validate=_NAME, error_messages={"required": "Choose a printer."})


class KitLineOut(Strict):
    code = fields.String()
    container = fields.String()
    state = fields.String()
    sample_number = fields.Integer(allow_none=True)
    case_number = fields.String()
    used_by = fields.String()
    used_at = fields.AwareDateTime(allow_none=True)


class KitOut(Strict):
    number = fields.String()
    state = fields.Enum(KitState, by_value=True)
    place = fields.String(allow_none=True)
    made_by = fields.String()
    made_at = fields.AwareDateTime()
    reconciled_by = fields.String()
    reconciled_at = fields.AwareDateTime(allow_none=True)
    used = fields.Integer()
    free = fields.Integer()
    lines = fields.List(fields.Nested(KitLineOut))


class KitsOut(Strict):
    kits = fields.List(fields.Nested(KitOut))


class PutOnOut(Strict):
    code = fields.String()
    sample_number = fields.Integer()
    case_number = fields.String()
    to_scan_back = fields.Boolean()
    repeated = fields.Boolean(metadata={"description": "It was on record before"})


class BadgesForm(Strict):
    people = fields.List(
        fields.String(validate=_CODE),
        required=True,
        validate=validate.Length(min=1, max=200),
        error_messages={"required": "Tick the people whose badges are printed."},
    )
    as_labels = fields.Boolean(load_default=False)
