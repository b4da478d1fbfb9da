"""Order messages of invented hospitals."""

from __future__ import annotations

from ..support import ROOT

# Messages of other publishers, which stand beside a checkout of the project where somebody put them.
PUBLISHED = ROOT.parent / "shared" / "samples" / "orders"
EXAMPLES = ROOT / "docs" / "examples" / "orders"
ACUTE_LEUKAEMIA = (EXAMPLES / "acute_leukaemia.hl7").read_bytes()
CANCEL_KARYOTYPE = (EXAMPLES / "cancel_karyotype.hl7").read_bytes()
UNKNOWN_CODE = (EXAMPLES / "unknown_code.hl7").read_bytes()
TWO_MESSAGES = (EXAMPLES / "two_messages.hl7").read_bytes()


def in_other_words(message: bytes, *changes: tuple[str, str]) -> bytes:
    """The message with texts replaced; each must be there."""
    for old, new in changes:
        assert old.encode() in message, old
        message = message.replace(old.encode(), new.encode())
    return message
