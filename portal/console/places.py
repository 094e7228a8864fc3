"""What the console's pages find in their application."""

from collections.abc import Callable
from datetime import timedelta

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from portal.console.ticket_sheet import TicketKeys
from portal.messages.senders import Messages
from portal.messages.spending import Purse
from portal.people.newsletter import ListKeys
from territory.clock import Clock
from territory.law.durations import Law
from territory.openid_providers import Provider

ENGINE = web.AppKey("ENGINE", AsyncEngine)
MESSAGES: web.AppKey[Messages | None] = web.AppKey("MESSAGES")
"""What invitations are written with; None: nothing can be."""
LIST_KEYS = web.AppKey("LIST_KEYS", ListKeys)
"""What an organisation's list of readers is made with."""
CLOCK: web.AppKey[Clock] = web.AppKey("CLOCK", Clock)
PUBLIC_URL = web.AppKey("PUBLIC_URL", str)
"""Where operators reach the portal, without a final slash: never what a request says of itself."""
LAW: web.AppKey[Callable[[], Law]] = web.AppKey("LAW")
"""Gives the durations in force."""
DESK_URL = web.AppKey("DESK_URL", str)
"""Where custodians go; another site, on the administration network."""
PROVIDERS: web.AppKey[tuple[Provider, ...]] = web.AppKey("PROVIDERS")
"""Where guests may sign in elsewhere."""
PURSE: web.AppKey[Purse | None] = web.AppKey("PURSE")
"""What text messages may cost; None: they are off."""
UNWATCHED_AFTER = web.AppKey("UNWATCHED_AFTER", timedelta)
"""Without a look of supervision's for so long, what is shown of states is told to be old."""
SUPPORT = web.AppKey("SUPPORT", str)
"""Whom an agent calls when a site is down, in words; empty: nobody is named."""
SEAL: web.AppKey[Callable[[str], bytes]] = web.AppKey("SEAL")
"""Seals a secret at rest; the console opens none."""
TELLS_ALERTS = web.AppKey("TELLS_ALERTS", bool)
"""Whether supervision tells anybody of incidents itself."""
TICKET_KEYS = web.AppKey("TICKET_KEYS", TicketKeys)
"""What makes and shows tickets."""
