"""What the desk's application holds for its pages."""

from collections.abc import Callable
from datetime import timedelta

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from retention.sealing.archive import Places
from territory.clock import Clock
from territory.law.grounds import Grounds
from territory.settings.evidence import AuthoritiesSettings

ENGINE = web.AppKey("ENGINE", AsyncEngine)
PLACES = web.AppKey("PLACES", Places)
CLOCK = web.AppKey("CLOCK", Clock)
AUTHORITIES = web.AppKey("AUTHORITIES", AuthoritiesSettings)
AGREEMENTS_WAIT = web.AppKey("AGREEMENTS_WAIT", timedelta)
"""How long one custodian's agreement waits for the other's."""
TICKET_KEY = web.AppKey("TICKET_KEY", bytes)
"""Digests the codes of tickets, as the archive knows them."""
UNSEAL: web.AppKey[Callable[[bytes], str]] = web.AppKey("UNSEAL")
"""Opens what an agent handed on, sealed at rest."""


def law_of(request: web.Request) -> Grounds:
    """Return the legal grounds as they stand now: a territory's file may change any day."""
    return request.app[PLACES].read_grounds()
