"""Append-only evidence: hash chains that anybody can re-compute. Imports nothing clinical."""

from .chain import SALT_BYTES, End, Fact, extend
from .check import Check, Fault, check
from .following import LoggedEntry, end_of_log, logged_after
from .operations import AlreadyRecorded, open_chain, open_chains, write
from .queries import ends, entries, last_entries
from .tables import POSTGRESQL_TRIGGERS, SQLITE_TRIGGERS, Chain, Entry

__all__ = [
    "POSTGRESQL_TRIGGERS",
    "SALT_BYTES",
    "SQLITE_TRIGGERS",
    "AlreadyRecorded",
    "Chain",
    "Check",
    "End",
    "Entry",
    "Fact",
    "Fault",
    "LoggedEntry",
    "check",
    "end_of_log",
    "ends",
    "entries",
    "extend",
    "last_entries",
    "logged_after",
    "open_chain",
    "open_chains",
    "write",
]
