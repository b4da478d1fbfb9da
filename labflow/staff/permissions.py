"""What each role may do. Pure; every route and journey names one of these permissions."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Role(StrEnum):
    OPERATOR = "operator"
    PORTER = "porter"
    RECEPTION = "reception"
    TECHNOLOGIST = "technologist"
    PATHOLOGIST = "pathologist"
    CLINICIAN = "clinician"
    QUALITY = "quality"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """One thing a person may do; the comment says whom it was made for."""

    SEE_HOME = "see_home"  # everybody with a role
    SCAN = "scan"  # everybody who touches samples
    SEE_CASES = "see_cases"  # patient, case, sample card, custody
    SEE_READINESS = "see_readiness"
    READ_RESULTS = "read_results"
    ORDER = "order"
    RECONCILE_ORDERS = "reconcile_orders"
    REGISTER_PROCEDURE = "register_procedure"
    OVERRIDE_VOLUME = "override_volume"
    PRINT_LABELS = "print_labels"
    VOID_LABELS = "void_labels"  # a label that was not used: its sample was not obtained
    RELABEL_SAMPLES = "relabel_samples"  # another code for a sample
    MOVE_SAMPLES = "move_samples"  # hand over, take, pack
    RECEIVE_SAMPLES = "receive_samples"  # receive, accept, reject
    APPROVE_DEVIATION = "approve_deviation"
    SEE_QUEUES = "see_queues"
    WORK_QUEUES = "work_queues"
    STORE_SAMPLES = "store_samples"
    ENTER_RESULTS = "enter_results"
    VERIFY_RESULTS = "verify_results"
    CHECK_LEDGER = "check_ledger"
    SEE_OVERDUE = "see_overdue"  # samples without the child's name, and whom to call
    SEE_QUALITY = "see_quality"  # how codes are read, what stopped
    SEE_ALARMS = "see_alarms"  # what is wrong with labflow itself
    SEE_METRICS = "see_metrics"  # a monitoring program, by token; no patient data
    MANAGE_STAFF = "manage_staff"
    SEE_BACKUPS = "see_backups"
    MAKE_BACKUPS = "make_backups"


_P = Permission
_CARE = {_P.SEE_CASES, _P.SEE_READINESS, _P.READ_RESULTS}
_CARRY = {_P.SCAN, _P.MOVE_SAMPLES, _P.SEE_OVERDUE}

_MAY: dict[Role, frozenset[Permission]] = {
    Role.OPERATOR: frozenset(
        _CARE | _CARRY | {_P.ORDER, _P.REGISTER_PROCEDURE, _P.PRINT_LABELS, _P.VOID_LABELS}
    ),
    Role.PORTER: frozenset(_CARRY),
    Role.RECEPTION: frozenset(
        _CARRY
        | {_P.SEE_CASES, _P.SEE_READINESS, _P.SEE_QUEUES, _P.RECEIVE_SAMPLES, _P.RECONCILE_ORDERS}
        | {_P.STORE_SAMPLES, _P.ORDER}
        | {_P.PRINT_LABELS, _P.VOID_LABELS, _P.RELABEL_SAMPLES}
    ),
    Role.TECHNOLOGIST: frozenset(
        _CARE
        | _CARRY
        | {_P.SEE_QUEUES, _P.WORK_QUEUES, _P.RECEIVE_SAMPLES, _P.STORE_SAMPLES, _P.ENTER_RESULTS}
        | {_P.PRINT_LABELS}
    ),
    Role.PATHOLOGIST: frozenset(
        _CARE
        | _CARRY
        | {_P.SEE_QUEUES, _P.WORK_QUEUES, _P.ENTER_RESULTS, _P.VERIFY_RESULTS, _P.APPROVE_DEVIATION}
        | {_P.RECONCILE_ORDERS, _P.OVERRIDE_VOLUME, _P.RECEIVE_SAMPLES}
    ),
    Role.CLINICIAN: frozenset(_CARE | {_P.ORDER}),
    Role.QUALITY: frozenset(
        _CARE
        | {_P.SEE_QUEUES, _P.CHECK_LEDGER, _P.SEE_QUALITY, _P.RECONCILE_ORDERS}
        | {_P.PRINT_LABELS, _P.VOID_LABELS, _P.RELABEL_SAMPLES, _P.SEE_BACKUPS}
        | {_P.SEE_OVERDUE, _P.SEE_ALARMS}
    ),
    Role.ADMINISTRATOR: frozenset(
        {_P.MANAGE_STAFF, _P.CHECK_LEDGER, _P.SEE_BACKUPS, _P.MAKE_BACKUPS, _P.SEE_ALARMS, _P.SEE_METRICS}
    ),
}


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """Everything that a person with these roles may do."""
    return frozenset().union(*(_MAY[role] | {_P.SEE_HOME} for role in roles))
