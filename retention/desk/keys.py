"""What the desk's application holds for its pages."""

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from retention.archive import Places
from territory.clock import Clock

ENGINE = web.AppKey("ENGINE", AsyncEngine)
PLACES = web.AppKey("PLACES", Places)
CLOCK = web.AppKey("CLOCK", Clock)
