"""Click-through: the guest accepts the terms, and is asked for nothing else.

The default. No law asks who is behind a public access point, and what is not collected need not
be kept (CPCE R10-12). Its form is the first page's own button.
"""

from collections.abc import Mapping
from typing import Final

from portal.guest.parts import Portal
from portal.identification.method import NOTHING, Answer, Asking, Proven
from territory.vocabulary import IdentificationMethod


class ClickThrough:
    """Nothing is asked, so nothing is proven but that somebody pressed the button."""

    name: Final = IdentificationMethod.CLICK_THROUGH

    async def begin(self, portal: Portal, asking: Asking) -> Answer:
        """Let them in: that the terms in force were shown is looked at for every method."""
        return Proven()

    async def prove(self, portal: Portal, asking: Asking) -> Answer:
        """Let them in: there is nothing to come back."""
        return await self.begin(portal, asking)

    async def shown(self, portal: Portal, asking: Asking) -> Mapping[str, str]:
        """Return nothing."""
        return NOTHING
