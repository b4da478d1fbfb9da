"""Errors are rules of the laboratory: the docstring is what people read, the family is the HTTP status.

The first paragraph of a docstring says what happened, the second what to do next. Both may name details in
braces. Details carry codes, numbers and words of the laboratory, never anything that identifies a child.
"""

from __future__ import annotations

import inspect
import re
from typing import Any, ClassVar


class LabError(Exception):
    """labflow could not do this.

    Try again, and call the laboratory when it happens twice.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "lab-error"
    """The rule's name for machines: `UnknownSample` is `unknown-sample`."""
    retry_after_seconds: ClassVar[int | None] = None

    def __init__(self, **details: Any) -> None:
        self.details = details
        paragraphs = (inspect.getdoc(type(self)) or "").split("\n\n")
        words = [" ".join(paragraph.split()).format(**details) for paragraph in paragraphs]
        self.message = words[0]
        self.next_step = words[1] if len(words) > 1 else ""
        super().__init__(self.message)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()


class Malformed(LabError):
    """This could not be read.

    Send it again in the documented form.
    """

    status = 400


class NotSignedIn(LabError):
    """You are not signed in.

    Sign in and try again.
    """

    status = 401


class Forbidden(LabError):
    """Your role does not allow this.

    Ask somebody whose role does, or the administrator.
    """

    status = 403


class NotFound(LabError):
    """This does not exist.

    Check the number and try again.
    """

    status = 404


class Conflict(LabError):
    """This does not fit the present state.

    Look at the present state and decide again.
    """

    status = 409


class Outdated(LabError):
    """This was changed since you read it. Nothing was saved.

    Read it again and decide anew.
    """

    status = 412


class TooLarge(LabError):
    """This is larger than labflow accepts.

    Send less at once.
    """

    status = 413


class Refused(LabError):
    """This breaks a rule of the laboratory.

    Correct it and send it again.
    """

    status = 422


class Unavailable(LabError):
    """labflow cannot do this at the moment. Nothing was saved.

    Try again in a few seconds.
    """

    status = 503
    retry_after_seconds: ClassVar[int | None] = 2
