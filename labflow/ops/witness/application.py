"""The witness over HTTP, in the words and codes of c2sp.org/tlog-witness, and a page in plain words."""

from __future__ import annotations

from wsgiref.types import WSGIApplication

from werkzeug.wrappers import Request, Response

from ...foundation.errors import LabError
from .witness import OtherSize, Witness

MOST_BODY_BYTES = 65_536
_WORDS = """This is a witness of transparency logs (c2sp.org/tlog-witness).

It cosigns the checkpoint of a log only when that log has grown from the checkpoint that it cosigned before. A
laboratory whose log was rewritten, forked or restored from an old copy gets no cosignature from here.

Its verifier key: {key}

What it cosigned last:
{last}
"""


def application(witness: Witness) -> WSGIApplication:
    """POST /add-checkpoint and GET /, as a WSGI application."""

    @Request.application
    def answer(request: Request) -> Response:
        request.max_content_length = MOST_BODY_BYTES
        if request.path == "/add-checkpoint":
            return _added(witness, request) if request.method == "POST" else _other_method("POST")
        if request.path == "/":
            return (
                Response(_page(witness)) if request.method in ("GET", "HEAD") else _other_method("GET, HEAD")
            )
        return Response("There is nothing here. Send checkpoints to /add-checkpoint.\n", 404)

    return answer


def _added(witness: Witness, request: Request) -> Response:
    try:
        return Response(witness.add(request.get_data(cache=False)))
    except OtherSize as error:
        return Response(f"{error.details['size']}\n", error.status, content_type="text/x.tlog.size")
    except LabError as error:
        return Response(f"{error.message} {error.next_step}\n", error.status)


def _other_method(allowed: str) -> Response:
    return Response(f"This address takes {allowed} only.\n", 405, {"Allow": allowed})


def _page(witness: Witness) -> str:
    lines = [
        f"{head.origin}: {head.size} entries, root {head.root.hex()}" for head in witness.last().values()
    ]
    return _WORDS.format(key=witness.key, last="\n".join(lines) or "nothing yet")
