"""Restoring on trial in a process of its own, at the lowest priority, so that it slows no scan."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ...foundation.errors import LabError

URL = "LABFLOW_DATABASE_URL"
REFUSED = 2  # the exit code; any other is not about the backup
_LONGEST_SECONDS = 6 * 3600
_LOWEST_PRIORITY = 19


class TrialBroke(LabError):
    """The trial ended before it was through (exit code {code}).

    Look for memory and disk space, and say `labflow restore --check-only` by hand.
    """


def fault_on_trial(path: Path, *, url: str, data: Path) -> str:
    """Why this backup cannot be restored, in words; empty when it can."""
    command = [sys.executable, "-m", __package__, str(path), str(data)]
    environment = os.environ | {URL: url}  # not on the command line: it may hold a password
    with subprocess.Popen(  # noqa: S603  # this program itself, without a shell
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        os.setpriority(os.PRIO_PROCESS, process.pid, _LOWEST_PRIORITY)
        try:
            _, words = process.communicate(timeout=_LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            words = ""
    if process.returncode == 0:
        return ""
    if process.returncode == REFUSED:
        return words
    broke = TrialBroke(code=process.returncode)
    return f"{broke.message} {broke.next_step}"
