"""What the console's pages find in their application."""

from collections.abc import Callable

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from portal.console.ticket_sheet import TicketKeys
from territory.clock import Clock
from territory.law.durations import Law

ENGINE = web.AppKey("ENGINE", AsyncEngine)
CLOCK: web.AppKey[Clock] = web.AppKey("CLOCK", Clock)
PUBLIC_URL = web.AppKey("PUBLIC_URL", str)
"""Where operators reach the portal, without a final slash: never what a request says of itself."""
LAW: web.AppKey[Callable[[], Law]] = web.AppKey("LAW")
"""Gives the durations in force."""
DESK_URL = web.AppKey("DESK_URL", str)
"""Where custodians go; another site, on the administration network."""
TICKET_KEYS = web.AppKey("TICKET_KEYS", TicketKeys)
"""What makes and shows tickets."""
