"""`python -m labflow.ops.backup FILE DATA` restores on trial; stderr says why that cannot be, if so."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ...foundation.errors import LabError
from .restoring import try_out
from .trial import REFUSED, URL

if __name__ == "__main__":
    try:
        try_out(Path(sys.argv[1]), url=os.environ[URL], data=Path(sys.argv[2]))
    except LabError as error:
        sys.stderr.write(f"{error.message} {error.next_step}")
        sys.exit(REFUSED)
