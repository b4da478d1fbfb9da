"""The procedure at the bedside: what is sent, and the plan, the coverage and the case that come back."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from marshmallow import EXCLUDE, RAISE, ValidationError, fields, post_load, validate

from ...catalog import SampleKind, Side
from ...foundation.act import READ_OFF_A_LABEL, ReadBy
from ...procedures import Outcome, Particles, VolumeLevel
from ...samples import SampleState
from . import Strict

MOST_PULLS = 8
CHOSEN_SIDE = "chosen"
_CODE = validate.Length(max=40)
_BADGE = validate.Length(equal=9)
_TEXT = validate.Length(max=200)


class Millilitres(fields.Float):
    """A volume as a number with at most two decimals; a form may write a decimal comma."""

    def __init__(self, **options: Any) -> None:
        metadata = {"description": "mL, at most two decimals"}
        super().__init__(allow_nan=False, metadata=metadata, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        try:
            volume = Decimal(str(value).replace(",", "."))
        except InvalidOperation:
            raise ValidationError("Give the volume as a number, such as 2.5.") from None
        exponent = volume.as_tuple().exponent
        if isinstance(value, bool) or not isinstance(exponent, int) or abs(volume) > 1000:
            raise ValidationError("Give the volume as a number, such as 2.5.")
        if exponent < -2:
            raise ValidationError("Give at most two decimals.")
        return volume


class SecondPersonIn(Strict):
    login = fields.String(required=True, validate=validate.Length(min=1, max=64))
    password = fields.String(required=True, load_only=True, validate=validate.Length(min=1, max=128))


class WristbandIn(Strict):
    """The code as scanned; or both identifiers as typed, confirmed by a second person."""

    code = fields.String(load_default="", validate=validate.Length(max=80))
    read_by = fields.Enum(
        ReadBy, by_value=True, load_default=ReadBy.SCANNED, validate=validate.OneOf(READ_OFF_A_LABEL)
    )
    mrn = fields.String(load_default="", validate=_CODE)
    birth_date = fields.Date(load_default=None, allow_none=True)
    confirmed_by = fields.Nested(SecondPersonIn, load_default=None, allow_none=True)


class CoreIn(Strict):
    site = fields.String(required=True, validate=_CODE)
    side = fields.Enum(Side, by_value=True, required=True)


class PullIn(CoreIn):
    volume_ml = Millilitres(required=True)
    needle_repositioned = fields.Boolean(load_default=False)
    particles = fields.Enum(Particles, by_value=True, load_default=Particles.NOT_CHECKED)
    pulled_at = fields.AwareDateTime(load_default=None, allow_none=True)


class AllocationIn(Strict):
    pulls = fields.List(fields.Nested(PullIn), required=True, validate=validate.Length(max=MOST_PULLS))
    cores = fields.List(fields.Nested(CoreIn), load_default=list, validate=validate.Length(max=MOST_PULLS))
    blood_drawn_ml = Millilitres(load_default=Decimal(0))


class ProcedureIn(AllocationIn):
    """Times are ISO 8601 with their offset; operator and supervisor are badges."""

    place = fields.String(required=True, validate=_BADGE)
    wristband = fields.Nested(WristbandIn, required=True)
    outcome = fields.Enum(Outcome, by_value=True, required=True)
    anaesthesia = fields.String(required=True, validate=_CODE)
    checked = fields.List(fields.String(validate=_CODE), required=True, validate=validate.Length(max=60))
    began_at = fields.AwareDateTime(required=True)
    ended_at = fields.AwareDateTime(required=True)
    attempts = fields.Integer(load_default=1, strict=True)
    complications = fields.List(
        fields.String(validate=_CODE), load_default=list, validate=validate.Length(max=20)
    )
    site_reason = fields.String(load_default="", validate=_TEXT)
    site_confirmed_by = fields.Nested(SecondPersonIn, load_default=None, allow_none=True)
    volume_reason = fields.String(load_default="", validate=_TEXT)
    volume_override_by = fields.Nested(SecondPersonIn, load_default=None, allow_none=True)
    antimicrobial_at = fields.AwareDateTime(load_default=None, allow_none=True)
    note = fields.String(load_default="", validate=validate.Length(max=2000))
    operator = fields.String(load_default=None, allow_none=True, validate=_BADGE)
    supervisor = fields.String(load_default=None, allow_none=True, validate=_BADGE)
    films = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(min=1, max=20)
    )
    not_obtained_reason = fields.String(load_default="", validate=_CODE)
    labels_of_a_kit = fields.Boolean(load_default=False)
    event_id = fields.UUID(
        load_default=None, allow_none=True, metadata={"description": "The same again answers the same"}
    )


def _pull_fields(number: int) -> dict[str, fields.Field[Any]]:
    return {
        f"volume_{number}": Millilitres(load_default=None),
        f"spot_{number}": fields.String(load_default="", validate=_CODE),
        f"particles_{number}": fields.Enum(Particles, by_value=True, load_default=Particles.NOT_CHECKED),
        f"repositioned_{number}": fields.Boolean(load_default=False),
    }


_PullRows = Strict.from_dict(
    {name: field for number in range(1, MOST_PULLS + 1) for name, field in _pull_fields(number).items()}
)


class CoverageForm(_PullRows):  # type: ignore[misc, valid-type]  # a class made from the number of rows
    """The rows of pulls as the page has them; rows without a volume are no pulls. A spot is `SITE:side`."""

    class Meta:
        unknown = EXCLUDE  # it is asked with the whole form, of which it looks at the volumes only

    spot = fields.String(
        required=True, validate=_CODE, error_messages={"required": "Choose the site and side on the picture."}
    )
    cores = fields.List(fields.String(validate=validate.OneOf([CHOSEN_SIDE, *Side])), load_default=list)
    blood_drawn_ml = Millilitres(load_default=Decimal(0))

    @post_load
    def _bundle(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        site, side = _spot(data["spot"])
        pulls = [pull for number in range(1, MOST_PULLS + 1) if (pull := _pull(data, number, (site, side)))]
        rows = {name for number in range(1, MOST_PULLS + 1) for name in _pull_fields(number)}
        told = {name: value for name, value in data.items() if name not in rows and name != "spot"}
        cores = [
            {"site": site, "side": side if core == CHOSEN_SIDE else Side(core)} for core in data["cores"]
        ]
        # the page proposes volumes, and a dry tap has none
        return told | {"pulls": [] if data.get("outcome") == Outcome.DRY_TAP else pulls, "cores": cores}


class ProcedureForm(CoverageForm):
    """The page's form. One second person signs for whatever needs one."""

    class Meta:
        unknown = RAISE

    place = fields.String(
        required=True, validate=_BADGE, error_messages={"required": "Choose the place of the procedure."}
    )
    wristband = fields.String(load_default="", validate=validate.Length(max=80))
    mrn = fields.String(load_default="", validate=_CODE)
    birth_date = fields.Date(load_default=None, error_messages={"invalid": "Give the date as 2019-07-14."})
    second_login = fields.String(load_default="", validate=validate.Length(max=64))
    second_password = fields.String(load_default="", validate=validate.Length(max=128))
    outcome = fields.Enum(Outcome, by_value=True, required=True)
    anaesthesia = fields.String(
        required=True, validate=_CODE, error_messages={"required": "Choose the anaesthesia."}
    )
    checked = fields.List(fields.String(validate=_CODE), load_default=list)
    everything_checked = fields.Boolean(load_default=False)
    began_at = fields.NaiveDateTime(
        required=True, error_messages={"required": "Say when the procedure began."}
    )
    ended_at = fields.NaiveDateTime(load_default=None)
    attempts = fields.Integer(load_default=1)
    complications = fields.List(fields.String(validate=_CODE), load_default=list)
    site_reason = fields.String(load_default="", validate=_TEXT)
    volume_reason = fields.String(load_default="", validate=_TEXT)
    volume_override = fields.Boolean(load_default=False)
    antimicrobial_at = fields.NaiveDateTime(load_default=None)
    note = fields.String(load_default="", validate=validate.Length(max=2000))
    operator = fields.String(load_default=None, validate=_BADGE)
    supervisor = fields.String(load_default=None, validate=_BADGE)
    films = fields.Integer(load_default=None, validate=validate.Range(min=1, max=20))
    not_obtained_reason = fields.String(load_default="", validate=_CODE)
    labels_of_a_kit = fields.Boolean(load_default=False)


def _pull(data: dict[str, Any], number: int, spot: tuple[str, Side]) -> dict[str, Any] | None:
    if data[f"volume_{number}"] is None:
        return None
    site, side = _spot(data[f"spot_{number}"]) if data[f"spot_{number}"] else spot
    return {
        "site": site,
        "side": side,
        "volume_ml": data[f"volume_{number}"],
        "particles": data[f"particles_{number}"],
        "needle_repositioned": data[f"repositioned_{number}"],
    }


def _spot(text: str) -> tuple[str, Side]:
    site, _, side = text.partition(":")
    try:
        return site, Side(side)
    except ValueError:
        raise ValidationError("Choose the site and side on the picture.", "spot") from None


class ObservationIn(Strict):
    note = fields.String(load_default="", validate=validate.Length(max=500))
    occurred_at = fields.AwareDateTime(load_default=None, allow_none=True)


class ObservationForm(Strict):
    note = fields.String(load_default="", validate=validate.Length(max=500))


class ReprintIn(Strict):
    reason = fields.String(
        required=True, validate=_CODE, error_messages={"required": "Choose why a label is printed again."}
    )


class PlannedTestOut(Strict):
    number = fields.Integer(metadata={"description": "The test's place in the order"})
    code = fields.String(attribute="test.code")
    minimum_ml = fields.Float()
    ideal_ml = fields.Float()


class PartOut(Strict):
    """A container to fill; several tests share it."""

    container = fields.String(attribute="container.code")
    container_name = fields.String(attribute="container.name")
    kind = fields.Enum(SampleKind, by_value=True, attribute="container.kind")
    side = fields.Enum(Side, by_value=True, allow_none=True)
    tests = fields.List(fields.Nested(PlannedTestOut))
    readers = fields.List(
        fields.Nested(PlannedTestOut), metadata={"description": "Tests that need its samples only"}
    )
    pieces = fields.Integer(attribute="lead.pieces")
    minimum_ml = fields.Float()
    ideal_ml = fields.Float()


class PlannedPullOut(Strict):
    number = fields.Integer()
    side = fields.Enum(Side, by_value=True, allow_none=True)
    parts = fields.List(fields.Nested(PartOut))
    minimum_ml = fields.Float()
    ideal_ml = fields.Float()
    reposition = fields.Boolean(metadata={"description": "Move the needle first"})


class VolumeOut(Strict):
    ml = fields.Float()
    percent = fields.Float(allow_none=True, metadata={"description": "Of the estimated blood volume"})
    level = fields.Enum(VolumeLevel, by_value=True)


class DrawPlanOut(Strict):
    pulls = fields.List(fields.Nested(PlannedPullOut))
    cores = fields.List(fields.Nested(PartOut))
    unserved = fields.List(fields.Nested(PlannedTestOut))
    minimum = fields.Nested(VolumeOut)
    ideal = fields.Nested(VolumeOut)
    estimated_blood_ml = fields.Float(allow_none=True)
    weight_known = fields.Boolean()
    age_known = fields.Boolean()


class FilledOut(Strict):
    container = fields.String(attribute="part.container.code")
    pull = fields.Integer(allow_none=True)
    volume_ml = fields.Float()
    tests = fields.List(fields.Nested(PlannedTestOut), attribute="part.tests")


class UncoveredOut(Strict):
    number = fields.Integer(metadata={"description": "The test's place in the order"})
    code = fields.String()
    name = fields.String()
    container = fields.String()
    missing_ml = fields.Float()


class AllocationOut(Strict):
    filled = fields.List(fields.Nested(FilledOut), attribute="allocation.filled")
    left_over_ml = fields.Float(attribute="allocation.left_over_ml")
    uncovered = fields.List(fields.Nested(UncoveredOut))
    diluted = fields.List(fields.String(), metadata={"description": "Tests whose first pull was too large"})
    volume = fields.Nested(VolumeOut)


class RegisteredSampleOut(Strict):
    code = fields.String()
    number = fields.Integer()
    kind = fields.Enum(SampleKind, by_value=True)
    container = fields.String()
    state = fields.Enum(SampleState, by_value=True)
    state_reason = fields.String()
    site = fields.String()
    side = fields.Enum(Side, by_value=True, allow_none=True)
    volume_ml = fields.Float(allow_none=True)
    collected_at = fields.AwareDateTime(allow_none=True)
    comment = fields.String()


class RegisteredOut(Strict):
    case_number = fields.String()
    samples = fields.List(fields.Nested(RegisteredSampleOut))
    uncovered = fields.List(fields.Nested(UncoveredOut))
    diluted = fields.List(fields.String())
    repeated = fields.Boolean(metadata={"description": "The same registration was saved before"})


class ObservationOut(Strict):
    item = fields.String()
    due_at = fields.AwareDateTime(allow_none=True)
    done_at = fields.AwareDateTime(allow_none=True)
    note = fields.String()
