"""Where a form of ours may lead when a guest goes back to a gateway: a page's `form-action`.

A browser holds every redirect that follows a form to the `form-action` of the page it stood on, the
gateway's own redirects among them. What is not named there is blocked without a word: the guest is
online, and still reads our last page. So a page names the gateway and us where the gateway leads to
a page of ours (`Dialect.leads_to_us`), and the whole Web where it leads to the guest's wish.

A page in front of an address to follow is never opened so wide: there the form ends at a page of
ours, which leads on by itself (`goes_by_redirect`).
"""

from functools import lru_cache
from urllib.parse import urlsplit

from portal.gateways.vocabulary import FormBack, HandBack, origin_of
from portal.guest.parts import Portal
from portal.places import Gate

ANYWHERE = ("http:", "https:")
OURSELVES = "'self'"


def sources_of(portal: Portal, gate: Gate, back: HandBack | FormBack) -> tuple[str, ...]:
    """Return where a browser may come by that goes this way back, once it has left our page."""
    named = _named(portal, gate, back)
    return named if gate.dialect.leads_to_us and all(map(_has_a_name, named)) else ANYWHERE


def goes_by_redirect(portal: Portal, gate: Gate, back: HandBack) -> bool:
    """Whether a 303 takes the browser there: all that follows can be named beforehand."""
    return sources_of(portal, gate, back) != ANYWHERE


def own_origin(portal: Portal) -> str:
    """Return the origin at which phones reach us; a page in clear stands at another one."""
    return origin_of(portal.public_url)


def _named(portal: Portal, gate: Gate, back: HandBack | FormBack) -> tuple[str, ...]:
    """The gateway; ourselves; and us by the address that this gateway is configured with."""
    return back.origin, own_origin(portal), origin_of(gate.registration.portal_base)


@lru_cache
def _has_a_name(origin: str) -> bool:
    """Whether a content policy can name an origin: it has no word for an IPv6 address (CSP level 3
    §2.3.1), and Chromium passes over such a source."""
    return ":" not in (urlsplit(origin).hostname or "")
