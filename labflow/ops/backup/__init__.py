"""Copies of the data in one file each, restoring them, and making them by schedule."""

from .container import DamagedBackup, NoSuchBackup, NotABackup, manifest_of
from .making import BackupExists, FolderUnusable, Made, NoRoom, NothingToBackUp, make
from .manifest import Manifest
from .postgresql import NotEmpty, ToolFailed, ToolMissing
from .restoring import (
    AnotherLaboratory,
    Checked,
    DatabaseThere,
    LedgerFaulty,
    NewerBackup,
    OtherDatabase,
    Restored,
    restore,
    try_out,
)
from .schedule import Backups

__all__ = [
    "AnotherLaboratory",
    "BackupExists",
    "Backups",
    "Checked",
    "DamagedBackup",
    "DatabaseThere",
    "FolderUnusable",
    "LedgerFaulty",
    "Made",
    "Manifest",
    "NewerBackup",
    "NoRoom",
    "NoSuchBackup",
    "NotABackup",
    "NotEmpty",
    "NothingToBackUp",
    "OtherDatabase",
    "Restored",
    "ToolFailed",
    "ToolMissing",
    "make",
    "manifest_of",
    "restore",
    "try_out",
]
