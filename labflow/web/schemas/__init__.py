"""What comes in and goes out over HTTP. Unknown fields are refused."""

from __future__ import annotations

from marshmallow import RAISE, Schema, fields


class Strict(Schema):
    """Base of every schema: a field that nobody declared is a fault, not noise."""

    class Meta:
        unknown = RAISE


class Seen(Strict):
    """A form about what somebody read; `seen` is the mark of that."""

    seen = fields.String(
        required=True, error_messages={"required": "Open the page again and send it from there."}
    )
