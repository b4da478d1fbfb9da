"""Backups as they go out."""

from __future__ import annotations

from marshmallow import fields

from . import Strict


class BackupOut(Strict):
    began_at = fields.AwareDateTime()
    finished_at = fields.AwareDateTime(allow_none=True, metadata={"description": "null: waits or being made"})
    path = fields.String(metadata={"description": "Empty: not kept any more, or never made"})
    size_bytes = fields.Integer()
    sha256 = fields.String()
    log_size = fields.Integer(metadata={"description": "How many entries the log had"})
    fault = fields.String(metadata={"description": "Empty: all went well"})
    tested_at = fields.AwareDateTime(allow_none=True, metadata={"description": "Last restored on trial"})
    test_fault = fields.String(metadata={"description": "Empty: it can be restored"})


class BackupPlanOut(Strict):
    folder = fields.String()
    every_hours = fields.Integer()
    keep_days = fields.Integer()
    keep_weeks = fields.Integer()
    keep_months = fields.Integer()
    test_every_days = fields.Integer()


class SafekeepingOut(Strict):
    plan = fields.Nested(BackupPlanOut, allow_none=True)
    is_beside_data = fields.Boolean(metadata={"description": "The backups would be lost with the data"})
    is_late = fields.Boolean(metadata={"description": "There is no good backup that is young enough"})
    waiting = fields.Nested(BackupOut, allow_none=True)
    last = fields.Nested(BackupOut, allow_none=True)
    last_good = fields.Nested(BackupOut, allow_none=True)
    last_tested = fields.Nested(BackupOut, allow_none=True)
    runs = fields.List(fields.Nested(BackupOut), metadata={"description": "The newest fifty"})
