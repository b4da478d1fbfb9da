"""For quality: scanned, read by camera or typed at each place, and every scan that had to stop."""

from __future__ import annotations

from flask import Blueprint, render_template

from ..journeys import quality
from ..journeys.quality import ScanQuality
from ..staff import Permission
from .api import ApiBlueprint
from .permissions import needs
from .request import db, now
from .schemas.quality import ScanQualityOut
from .shedding import heavy

pages = Blueprint("quality", __name__)
api = ApiBlueprint("quality_api", __name__, url_prefix="/api/v1", description="Quality of scanning")


@pages.get("/quality/scans")
@needs(Permission.SEE_QUALITY)
@heavy
def scans() -> str:
    return render_template("quality/scans.html", view=quality.scan_quality(db(), now=now()))


@api.route("/quality/scans")
@needs(Permission.SEE_QUALITY)
@heavy
@api.response(200, ScanQualityOut)
def api_scans() -> ScanQuality:
    """How the codes of samples were read at each place in the last thirty days, and which scans stopped."""
    return quality.scan_quality(db(), now=now())
