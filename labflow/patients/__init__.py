"""Children: identity, the check on two identifiers, look-alikes, weight."""

from .banner import Banner, banner, banners
from .identity import (
    ImpossibleBirthDate,
    ImpossibleMrn,
    NewPatient,
    TooFewIdentifiers,
    WristbandMismatch,
    contradicts,
    identify,
    is_named_by,
    is_second_identifier,
    require_site_pattern,
)
from .names import ImpossibleName, alike, name_key, with_look_alikes
from .operations import AlreadyRegistered, ImpossibleWeight, complete, correct, record_weight, register
from .queries import UnknownPatient, by_id, by_ids, by_mrn, find_mrn, latest_weight, look_alikes, search
from .tables import Patient, Sex, Weight

__all__ = [
    "AlreadyRegistered",
    "Banner",
    "ImpossibleBirthDate",
    "ImpossibleMrn",
    "ImpossibleName",
    "ImpossibleWeight",
    "NewPatient",
    "Patient",
    "Sex",
    "TooFewIdentifiers",
    "UnknownPatient",
    "Weight",
    "WristbandMismatch",
    "alike",
    "banner",
    "banners",
    "by_id",
    "by_ids",
    "by_mrn",
    "complete",
    "contradicts",
    "correct",
    "find_mrn",
    "identify",
    "is_named_by",
    "is_second_identifier",
    "latest_weight",
    "look_alikes",
    "name_key",
    "record_weight",
    "register",
    "require_site_pattern",
    "search",
    "with_look_alikes",
]
