"""Cases, samples and their children: codes, lineage, tests served, and how long they stay viable."""

from .lifecycle import MOVABLE, SAMPLE, USABLE, SampleAction, SampleState
from .numbers import MalformedCaseNumber, check_case_number
from .operations import NewSample, advance, make_children, mark_labelled, open_case, register
from .queries import (
    Node,
    UnknownCase,
    UnknownSample,
    by_code,
    by_codes,
    by_id,
    case_by_id,
    case_by_number,
    case_of_procedure,
    cases_of_order,
    of_case,
    samples_serving,
    tests_sampled,
    tests_served,
    tree,
    unlabelled,
)
from .tables import Case, Sample, SampleTest
from .viability import NO_LIMIT, share_used, viable_until

__all__ = [
    "MOVABLE",
    "NO_LIMIT",
    "SAMPLE",
    "USABLE",
    "Case",
    "MalformedCaseNumber",
    "NewSample",
    "Node",
    "Sample",
    "SampleAction",
    "SampleState",
    "SampleTest",
    "UnknownCase",
    "UnknownSample",
    "advance",
    "by_code",
    "by_codes",
    "by_id",
    "case_by_id",
    "case_by_number",
    "case_of_procedure",
    "cases_of_order",
    "check_case_number",
    "make_children",
    "mark_labelled",
    "of_case",
    "open_case",
    "register",
    "samples_serving",
    "share_used",
    "tests_sampled",
    "tests_served",
    "tree",
    "unlabelled",
    "viable_until",
]
