"""UniFi Network's official API, as whoever holds its key finds a way through it.

The API stands below `/proxy/network/integration` on a console, below `/integration` where Network
runs by itself; sites and what is in them have opaque numbers; lists come in pages. Where a site is
does not change, so what is found once is kept. From documents: the reference that Network 9.1.105
and later shows at Integrations.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar
from urllib.parse import quote

from territory.controllers.https import Answer, Ask, Conversation, Count, Kept, Text, Told
from territory.controllers.record import ControllerFault, ControllerRecord, Trouble

PAGE = 200
"""Entries of one answer; the API gives no more."""
MOST_PAGES = 25
"""Looked through; 5 000 entries of one site."""
_PLACES = ("/proxy/network/integration/v1", "/integration/v1")


class Page(Told):
    """A part of a list, whatever it is a list of."""

    data: tuple[Any, ...]
    totalCount: Count  # noqa: N815


class _Site(Told):
    id: str
    internalReference: Text = ""  # noqa: N815
    name: Text = ""


class _SitePage(Page):
    data: tuple[_Site, ...]


PageT = TypeVar("PageT", bound=Page)


class NetworkApi:
    """The API of one controller, with one key."""

    def __init__(self, record: ControllerRecord) -> None:
        self._record = record
        self._kept = Kept[Mapping[str, str]](record)
        """The path of each site's own part, by the name it is known by here."""

    def conversation(self, least_seconds: float = 0.0) -> AbstractAsyncContextManager[Conversation]:
        """Open a conversation that forgets where sites are when it fails oddly."""
        return self._kept.conversation(least_seconds)

    def forget(self) -> None:
        """Forget where sites are: it is asked anew."""
        self._kept.value = None

    async def ask(
        self, talk: Conversation, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> Answer:
        """Return what a call with the key is answered; every one of ours sets a state."""
        return await talk.ask(Ask(method, path, body, {"X-API-KEY": self._record.password}))

    async def site(self, talk: Conversation, name: str) -> str:
        """Return the path of a site's own part of the API, asked for once.

        Raises:
            ControllerFault: there is none of that name that the key may see.
        """
        known = self._kept.value or {}
        if name not in known:
            path = f"{await self._place(talk)}/sites"
            known = {**known, name: await self._find(talk, path, name)}
            self._kept.value = known
        return known[name]

    async def pages(
        self, talk: Conversation, path: str, shape: type[PageT], more: str = ""
    ) -> list[PageT]:
        """Return a list's pages, `MOST_PAGES` at most; `more` is what the query asks beside."""
        pages: list[PageT] = []
        for offset in range(0, MOST_PAGES * PAGE, PAGE):
            answer = await self.ask(talk, "GET", f"{path}?offset={offset}&limit={PAGE}{more}")
            pages.append(answer.checked().read(shape))
            if offset + PAGE >= pages[-1].totalCount or not pages[-1].data:
                break
        return pages

    async def _find(self, talk: Conversation, path: str, name: str) -> str:
        for page in await self.pages(talk, path, _SitePage):
            for site in page.data:
                if name in (site.internalReference, site.id, site.name):
                    return f"{path}/{quote(site.id, safe='')}"
        words = f"the controller has no site {name} that this key may see"
        raise ControllerFault(Trouble.REFUSED, words)

    async def _place(self, talk: Conversation) -> str:
        """Return where the API stands on this product."""
        first, second = _PLACES
        answer = await self.ask(talk, "GET", f"{first}/sites?limit=1")
        return second if answer.status in (302, 404) else first
