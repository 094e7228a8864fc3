"""What each level of openNDS needs in its settings, and what cannot be asked of it. Pure.

Levels 1 and 2 send phones to the portal in http, so a portal on https is reached through the front
that redirects http with the query kept. Levels 3 and 4 are in https, and ask the portal by
themselves who is let in (`authmon`). A list in AES (2 and 3) does not say in clear who speaks, so
the path names the gateway (docs/gateways/opennds.md). Level 4 came with openNDS 10.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from deploy.packages.site_sheet import GatewaySheet
from territory.errors import Fault
from territory.gateway_dialects import Return, dialect_of
from territory.vocabulary import Brand

HTTP_PORT = 80
POLL_SECONDS = 5
"""How often a router asks: each time lets in four guests at most, and costs two requests."""
_ENCRYPTING = frozenset({"fas2", "fas3"})
_WITH_PHP = _ENCRYPTING


@dataclass(frozen=True, slots=True)
class Fas:
    """The forwarding authentication service of one gateway."""

    level: str
    """`fas_secure_enabled`."""
    scheme: str
    """How phones, and the gateway itself, reach the portal."""
    port: int
    """`fasport`."""
    path: str
    """`faspath`."""
    polls: bool
    """Whether the gateway comes and asks who is let in."""
    needs_php: bool
    """Whether PHP has to be on the router."""
    needs_release_10: bool
    """Whether openNDS 9 does not know it."""


def fas_of(gateway: GatewaySheet) -> Fas | None:
    """Return what an openNDS is told of the portal; None: another brand, or no such level."""
    dialect = dialect_of(gateway.brand, gateway.variant)
    if gateway.brand is not Brand.OPENNDS or dialect is None:
        return None
    polls = dialect.returns is Return.POLL
    in_clear = gateway.portal.scheme == "http" or polls
    return Fas(
        level=gateway.variant.removeprefix("fas"),
        scheme="https" if polls else "http",
        port=gateway.portal_port if in_clear else HTTP_PORT,
        path=_path(gateway),
        polls=polls,
        needs_php=gateway.variant in _WITH_PHP,
        needs_release_10=gateway.variant == "fas4",
    )


def _path(gateway: GatewaySheet) -> str:
    path = gateway.portal.path.rstrip("/")
    named = path.endswith(f"/{gateway.code}")
    return path if named or gateway.variant not in _ENCRYPTING else f"{path}/{gateway.code}"


def fas_faults(gateway: GatewaySheet, portal_is_address: bool) -> Iterator[Fault]:
    """Yield what keeps a level from working: in https, a portal whose certificate is believed."""
    fas = fas_of(gateway)
    if fas is None or not fas.polls:
        return
    place = f"gateway {gateway.code}"
    if gateway.portal.scheme != "https":
        found = gateway.portal.geturl()
        yield Fault(place, f"expected a portal in https at {gateway.variant}, found {found}")
    elif portal_is_address:
        expected = f"expected the portal's name, as in its certificate, at {gateway.variant}"
        yield Fault(place, f"{expected}: found {gateway.portal.hostname}")
