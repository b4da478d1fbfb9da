"""What comes in and goes out over HTTP. Unknown fields are refused."""

from __future__ import annotations

from marshmallow import RAISE, Schema


class Strict(Schema):
    """Base of every schema: a field that nobody declared is a fault, not noise."""

    class Meta:
        unknown = RAISE
