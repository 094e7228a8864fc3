"""Every guest page in each of its states, as the real portal gives it: targets, or the pages drawn.

Beside the ways in, which a browser walks (`test_ways_in_a_browser.py`): what a gateway, a plan or
an outage may lead to, what anybody may read, and what is asked before something is erased.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from uuid import uuid4

import asyncpg
from sqlalchemy import insert

from portal.app import create_app
from portal.guest.information import AUTHORITIES, PAGES_OF_INFORMATION
from portal.guest.parts import Portal
from portal.identification.methods import METHODS
from portal.messages.senders import Messages
from portal.people.invitations import LINK_PATH, Written, record_invitation
from portal.people.newsletter import KEY, link_of
from territory.database.components import Component
from territory.database.connect import component_url, open_engine
from territory.database.tables import operator
from territory.keyring import Keyring
from territory.settings import Settings
from territory.web.pages import PAGES
from tests.conftest import FixedClock
from tests.integration.portal.conftest import (
    PUBLIC_URL,
    Answer,
    Guest,
    Radius,
    Seed,
    open_portal,
    plant,
    serve,
    user_name_in,
)
from tests.integration.portal.test_bad_input import fas
from tests.servers.outage import DatabaseOutage

_OF_LIBRARY = "WHERE code = 'gw-bibliotheque'"
_WIDER = (
    "UPDATE territory.organisation SET newsletter_sender = 'La médiathèque',"
    " newsletter_purpose = 'Dire ce qui se passe en ville.'",
    "UPDATE territory.site SET methods = '{" + ",".join(METHODS) + "}'"
    " WHERE code = 'mairie-commercy'",
    *(
        "INSERT INTO territory.gateway (id, site_id, code, brand, variant, login_address)"
        f" SELECT gen_random_uuid(), site_id, 'gw-{brand}', '{brand}', '{variant}', '{address}'"
        f" FROM territory.gateway {_OF_LIBRARY}"
        for brand, variant, address in (
            ("fortinet", "", "10.60.0.2:1000"),
            ("generic", "draytek", "10.90.0.1:8000"),
        )
    ),
)
_FORTINET = (
    "/gateway/fortinet/gw-fortinet?login&post=http://10.60.0.2:1000/fgtauth&magic=0123456789abcdef"
    "&usermac="
)
_DRAYTEK = "/gateway/generic/gw-generic?loginurl=http://10.90.0.1:8000/portal/login&client_mac="
_ERASE = "/mes-donnees/effacement"
_INVITATION = f"{LINK_PATH}Kx0-a_9bCdEfGhIjKlMnOp"
_FORMS: tuple[tuple[str, str, Mapping[str, str]], ...] = (
    ("invitation-slip", _INVITATION, {"password": "soleil"}),
    ("erasing", _ERASE, {}),
    ("erased", _ERASE, {"confirmed": "yes"}),
)
"""Pages that a form leads to, and what is sent."""
_CHANGES = {
    "closed place": (
        "UPDATE territory.site SET hours = 'Mo 09:00-10:00'",
        "UPDATE territory.site SET hours = NULL",
    ),
    "WiFi4EU": (
        "UPDATE territory.site SET wifi4eu = true",
        "UPDATE territory.site SET wifi4eu = false",
    ),
}
"""First pages of other places: what makes one, and what unmakes it."""


async def states(guest: Guest, radius: Radius, clock: FixedClock) -> dict[str, str]:
    """Return a target for each page in each of its states; `lang` can be appended."""
    old = (await guest.arrive()).visit
    clock.advance(minutes=11)
    fresh = (await guest.arrive()).visit
    name = user_name_in(await guest.post("/visite", visit=fresh))
    admission = await radius.bind(name)
    await radius.account(admission, 400_000_000)
    online = (await guest.arrive(res="success", uid=name)).visit
    other = await guest.arrive(mac="8A-56-7E-F9-10-E5")
    other_name = user_name_in(await guest.post("/visite", visit=other.visit))
    closed = await guest.arrive(res="success", uid=other_name, mac="8A-56-7E-F9-10-E5")
    await radius.account(await radius.bind(other_name, "8A-56-7E-F9-10-E5"), 1_000, is_open=False)
    third = await guest.arrive(mac="8A-56-7E-F9-10-E6")
    third_name = user_name_in(await guest.post("/visite", visit=third.visit))
    used_up = await guest.arrive(res="success", uid=third_name, mac="8A-56-7E-F9-10-E6")
    await radius.account(await radius.bind(third_name, "8A-56-7E-F9-10-E6"), 2 * 10**9)
    failed = (await guest.arrive(res="failed", reason="reject")).visit
    left = (await guest.arrive(res="logoff")).visit
    pages = {
        "first page": f"/visite?visit={fresh}",
        "refused": f"/visite?visit={failed}",
        "logged off": f"/visite?visit={left}",
        "expired": f"/visite?visit={old}",
        "connected": f"/ma-connexion?visit={online}",
        "closed": f"/ma-connexion?visit={closed.visit}",
        "used up": f"/ma-connexion?visit={used_up.visit}",
        "not ours": "/visite?visit=x",
        "unknown page": "/nulle-part?x=1",
        "my connection": "/ma-connexion?x=1",
        "home": "/?x=1",
        "the place": "/lieu/gw-mairie?x=1",
        "a ticket's code": "/ticket/482109375526?x=1",
        "a ticket that is none": "/ticket/1?x=1",
        "your data": f"/mes-donnees?visit={online}",
    }
    informing = (*PAGES_OF_INFORMATION, AUTHORITIES)
    return pages | {page.path: f"{page.path}?visit={fresh}" for page in informing}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page as it was sent."""

    name: str
    """Its state."""
    language: str
    html: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """All that was drawn."""

    pages: tuple[Drawn, ...]
    templates: frozenset[str]
    """What they were made from."""


async def draw(owner_url: str, keyring: Keyring, languages: Sequence[str]) -> Drawing:
    """Return every page in each of its states and in these languages."""
    clock = FixedClock(datetime(2026, 11, 20, 14, tzinfo=UTC))
    seed = await plant(owner_url, keyring, 2 * 10**9)
    owner = await asyncpg.connect(owner_url)
    for statement in _WIDER:
        await owner.execute(statement)
    await _invite(owner_url, seed, keyring, clock.now())
    role = component_url(owner_url, Component.PORTAL, None)
    async with open_portal(role, keyring, clock) as opened:
        portal = replace(opened, messages=Messages.of(Settings(), keyring))
        app = create_app(portal, https_only=False)
        async with serve(app) as guest:
            targets = await states(guest, Radius(owner, seed), clock)
            targets |= _ways(targets["first page"].partition("?")[2])
            targets["invitation"] = f"{_INVITATION}?x=1"
            targets["letters"] = f"{link_of(uuid4(), keyring.derive(KEY))}?x=1"
            rare = _Rare(guest, owner, portal, clock)
            pages = [page async for page in _drawn(targets, rare, languages)]
            radius = Radius(owner, seed)
            pages += [page async for page in rare.late(radius, owner_url, languages)]
        used = {name for one in app[PAGES].environments.values() for _, name in one.cache or ()}
    await owner.close()
    return Drawing(tuple(pages), frozenset(used))


async def _invite(owner_url: str, seed: Seed, keyring: Keyring, now: datetime) -> None:
    """Have an agent of the town hall invite somebody by mail."""
    agent, whom = uuid4(), keyring.seal("anne@commercy.example")
    person = {"login": "a@b.example", "display_name": "A", "role": "agent", "created_at": now}
    link = _INVITATION.removeprefix(LINK_PATH)
    engine = open_engine(owner_url)
    async with engine.begin() as db:
        await db.execute(insert(operator).values(id=agent, **person))
        written = Written(seed.town_hall, link, b"digest", whom, agent)
        await record_invitation(db, written, now)
    await engine.dispose()


def _ways(query: str) -> dict[str, str]:
    paths = ("", *(f"/{method}" for method in METHODS))
    return {f"way in{path}": f"/identification{path}?{query}" for path in paths}


async def _drawn(
    targets: Mapping[str, str], rare: "_Rare", languages: Sequence[str]
) -> AsyncIterator[Drawn]:
    for name, target in targets.items():
        for language in languages:
            answer = await rare.guest.get(f"{target}&lang={language}")
            yield Drawn(name, language, answer.text)
    online = targets["your data"].rpartition("=")[2]
    for number, language in enumerate(languages):
        rare.guest.headers["Accept-Language"] = language
        for name, answer in (await rare.pages(f"8A-56-7E-F9-11-0{number}")).items():
            yield Drawn(name, language, answer.text)
    for name, path, form in _FORMS:
        for language in languages:
            answer = await rare.guest.post(f"{path}?lang={language}", visit=online, **form)
            yield Drawn(name, language, answer.text)


@dataclass(frozen=True, slots=True)
class _Rare:
    """The pages that a gateway, a closed door or a European label lead to."""

    guest: Guest
    owner: "asyncpg.Connection[asyncpg.Record]"
    portal: Portal
    clock: FixedClock

    async def pages(self, device: str) -> dict[str, Answer]:
        """Return them, by their names; `device` has not come before."""
        pages = {
            "one more button": await self._accept(_FORTINET + device),
            "onward": await self._accept(_DRAYTEK + device),
        }
        await self._change(f"UPDATE territory.gateway SET variant = 'fas4' {_OF_LIBRARY}")
        waiting = await self._accept(f"/gateway/opennds?{fas(clientmac=device)}")
        address = waiting.location.partition(PUBLIC_URL)[2]
        pages["waiting"] = await self.guest.get(address)
        pages["waiting still"] = await self.guest.get(f"{address}&fixe=1")
        self.clock.advance(minutes=3)
        pages["silent"] = await self.guest.get(address)
        for name, (change, undo) in _CHANGES.items():
            await self._change(change)
            pages[name] = await self.guest.arrive(mac=device)
            await self._change(undo)
        return pages

    async def late(
        self, radius: Radius, owner_url: str, languages: Sequence[str]
    ) -> AsyncIterator[Drawn]:
        """Give the page of a right that may be made longer, and a button's while the database is
        away: what ends everything else."""
        await self._change("UPDATE territory.plan SET session_octets = NULL")
        device = "8A-56-7E-F9-12-00"
        name = user_name_in(await self.guest.post("/visite", visit=await self._come(device)))
        await radius.account(await radius.bind(name, device), 1_000)
        online = (await self.guest.arrive(res="success", uid=name, mac=device)).visit
        self.clock.advance(hours=3)
        for language in languages:
            page = await self.guest.get(f"/ma-connexion?visit={online}&lang={language}")
            assert "/prolonger" in page.text
            yield Drawn("may last longer", language, page.text)
        visit = await self._come(device)
        outage = DatabaseOutage(owner_url)
        await outage.begin()
        for language in languages:
            away = await self.guest.post(f"/visite?lang={language}", visit=visit)
            assert away.status == HTTPStatus.SERVICE_UNAVAILABLE
            yield Drawn("outage", language, away.text)
        await outage.end()

    async def _come(self, device: str) -> str:
        return (await self.guest.arrive(mac=device)).visit

    async def _accept(self, redirect: str) -> Answer:
        arrived = await self.guest.get(redirect)
        return await self.guest.post("/visite", visit=arrived.visit)

    async def _change(self, statement: str) -> None:
        await self.owner.execute(statement)
        await self.portal.directory.refresh()
