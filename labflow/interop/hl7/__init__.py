"""HL7 v2 orders in: files and messages become orders, cancellations, or a plain refusal."""

from .importing import Imported, Line, import_files, import_message
from .limits import HL7Refused, HL7TooLarge

__all__ = ["HL7Refused", "HL7TooLarge", "Imported", "Line", "import_files", "import_message"]
