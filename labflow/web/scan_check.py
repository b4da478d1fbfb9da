"""Around the scan: the page that tests a scanner with its set-up card, and the words of the HELP card."""

from __future__ import annotations

from itertools import accumulate, groupby

from flask import Blueprint, render_template, request

from .. import labels
from ..staff import Permission
from .permissions import needs
from .request import catalog

pages = Blueprint("scan_check", __name__, url_prefix="/scan")

# Signs that French and German keyboards move, and all digits; static/js/codes.js knows the same text.
TEST_CARD = "AZQYWM-1234567890"
_QUIET_MODULES = 10  # ISO/IEC 15417, on either side


@pages.get("/check")
@needs(Permission.SEE_HOME)
def page() -> str:
    modules = labels.code_128(TEST_CARD)
    width = len(modules) + 2 * _QUIET_MODULES
    return render_template("scan/check.html", card=TEST_CARD, bars=bars(modules), width=width)


@pages.get("/help")
@needs(Permission.SEE_HOME)
def help_card() -> str:
    """What the do-cards of this laboratory do; the fragment for a dialog."""
    actions = {card.action for card in catalog().do_cards.values()}
    return render_template("scan/help.html", actions=actions, current=request.args.get("action", ""))


def bars(modules: str) -> str:
    """The dark modules ("1") as one SVG path of a row that is one unit high, quiet zone before them."""
    runs = [(dark == "1", len(list(group))) for dark, group in groupby(modules)]
    starts = accumulate((length for _, length in runs), initial=_QUIET_MODULES)
    return "".join(
        f"M{start} 0h{length}v1h-{length}z"
        for start, (dark, length) in zip(starts, runs, strict=False)
        if dark
    )
