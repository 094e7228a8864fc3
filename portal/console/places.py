"""What the console's pages find in their application."""

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from territory.clock import Clock

ENGINE = web.AppKey("ENGINE", AsyncEngine)
CLOCK: web.AppKey[Clock] = web.AppKey("CLOCK", Clock)
PUBLIC_URL = web.AppKey("PUBLIC_URL", str)
"""Where operators reach the portal, without a final slash: never what a request says of itself."""
DESK_URL = web.AppKey("DESK_URL", str)
"""Where custodians go; another site, on the administration network."""
