"""People and tokens as they come in and go out. Secrets go out once, when they are made."""

from __future__ import annotations

from marshmallow import fields, validate

from ...staff import Role
from . import Seen, Strict

_ROLE = fields.Enum(Role, by_value=True)


class NewPerson(Strict):
    login = fields.String(required=True, error_messages={"required": "Type the login."})
    name = fields.String(required=True, error_messages={"required": "Type the name."})
    # an empty list is the house's to refuse, in words
    roles = fields.List(_ROLE, load_default=list)


class Roles(Seen):
    roles = fields.List(_ROLE, load_default=list)


class ChangedPerson(Strict):
    roles = fields.List(_ROLE)
    active = fields.Boolean()


class PersonOut(Strict):
    badge = fields.String(metadata={"example": "H4D0RTN7C"})
    login = fields.String()
    name = fields.String()
    roles = fields.List(_ROLE)
    active = fields.Boolean()
    has_password = fields.Boolean()


class PeopleOut(Strict):
    people = fields.List(fields.Nested(PersonOut))
    next = fields.String(allow_none=True, metadata={"description": "Send it as `after` for the next page"})


class LinkOut(Strict):
    person = fields.Nested(PersonOut)
    url = fields.String(metadata={"description": "Works once; give it to this person only"})
    expires_at = fields.AwareDateTime()


class NewToken(Strict):
    badge = fields.String(required=True, error_messages={"required": "Type the badge of the person."})
    name = fields.String(
        required=True,
        validate=validate.Length(min=1, max=80, error="A token's name has 1 to 80 characters."),
        error_messages={"required": "Type what the token is for."},
    )
    days = fields.Integer(
        load_default=90,
        validate=validate.Range(1, 365, error="A token lives for 1 to 365 days."),
        error_messages={"invalid": "Type a whole number of days."},
    )


class TokenOut(Strict):
    number = fields.String()
    name = fields.String()
    badge = fields.String()
    login = fields.String()
    created_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()
    revoked_at = fields.AwareDateTime(allow_none=True)


class NewTokenOut(Strict):
    entry = fields.Nested(TokenOut)
    token = fields.String(metadata={"description": "Shown this once"})


class TokensOut(Strict):
    tokens = fields.List(fields.Nested(TokenOut))
    next = fields.String(allow_none=True, metadata={"description": "Send it as `after` for the next page"})


class PageQuery(Strict):
    after = fields.String(load_default=None)


class Nothing(Strict):
    """A button: nothing to type."""
