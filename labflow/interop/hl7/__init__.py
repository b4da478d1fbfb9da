"""HL7 v2: orders in, as orders, cancellations or a plain refusal; what happens to specimens out."""

from .importing import Imported, Line, import_files, import_message
from .limits import HL7Refused, HL7TooLarge
from .writing import control_id, status_update

__all__ = [
    "HL7Refused",
    "HL7TooLarge",
    "Imported",
    "Line",
    "control_id",
    "import_files",
    "import_message",
    "status_update",
]
