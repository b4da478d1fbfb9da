"""Forms of signed-out people."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from . import Strict

# The rules for passwords are the house's; the door only keeps hashing from getting expensive.
_PASSWORD_LENGTH = validate.Length(max=1024, error="A password has at most 128 characters.")


def _login() -> fields.String:
    length = validate.Length(max=64, error="A login has at most 64 characters.")
    return fields.String(required=True, validate=length, error_messages={"required": "Type the login."})


def _password(missing: str) -> fields.String:
    return fields.String(required=True, validate=_PASSWORD_LENGTH, error_messages={"required": missing})


class SignIn(Strict):
    login = _login()
    password = _password("Type the password.")


class NewPassword(Strict):
    password = _password("Type the new password.")
    again = _password("Type the new password a second time.")

    @validates_schema
    def _same(self, data: dict[str, Any], **_: object) -> None:
        if data.get("password") != data.get("again"):
            raise ValidationError("The two passwords are not the same. Type both again.", "again")

    @post_load
    def _once(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        return {name: value for name, value in data.items() if name != "again"}


class FirstAdministrator(NewPassword):
    login = _login()
    name = fields.String(required=True, error_messages={"required": "Type your name."})


class DemoSignIn(Strict):
    badge = fields.String(required=True, validate=validate.Length(equal=9))
