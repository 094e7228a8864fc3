"""What the console's pages find in their application."""

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from territory.clock import Clock

ENGINE = web.AppKey("ENGINE", AsyncEngine)
CLOCK: web.AppKey[Clock] = web.AppKey("CLOCK", Clock)
DESK_URL = web.AppKey("DESK_URL", str)
"""Where custodians go; another site, on the administration network."""
