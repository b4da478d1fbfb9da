"""Puncture sites: which suit the child's age, and which need a reason and a second person. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..catalog import Side, Site
from ..foundation.errors import Refused


class UnknownSite(Refused):
    """ "{site}" with the side "{side}" is not a puncture site here.

    Choose a site and a side from the list.
    """


class SiteNeedsConfirmation(Refused):
    """The site {site} needs a reason and the confirmation of a second person. {warning}

    Choose another site, or give the reason and let the second person confirm.
    """


@dataclass(frozen=True, kw_only=True)
class SiteOffer:
    """A site for this child. Not `usual`: it needs a reason and a second person's confirmation."""

    site: Site
    usual: bool


def offered_sites(sites: Mapping[str, Site], age_months: int | None) -> list[SiteOffer]:
    """All sites in the laboratory's order, usual ones first; an unknown age makes age-bound sites unusual."""
    offers = [SiteOffer(site=site, usual=_is_usual(site, age_months)) for site in sites.values()]
    return sorted(offers, key=lambda offer: not offer.usual)


def require_site(sites: Mapping[str, Site], code: str, side: Side) -> Site:
    """The site; raises UnknownSite when it does not exist or has no such side."""
    site = sites.get(code)
    if site is None or side not in site.sides:
        raise UnknownSite(site=code[:40], side=side.value)
    return site


def require_confirmation(site: Site, age_months: int | None, *, reason: str, confirmed: bool) -> None:
    """Raises SiteNeedsConfirmation for an unusual site without a reason and a second person."""
    if not _is_usual(site, age_months) and not (reason.strip() and confirmed):
        raise SiteNeedsConfirmation(site=site.name, warning=site.warning)


def _is_usual(site: Site, age_months: int | None) -> bool:
    if site.below_months is None:
        return not site.guarded
    return not site.guarded and age_months is not None and age_months < site.below_months
