"""The live page's stream against a real PostgreSQL: who is told what, when, and until when."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from portal.console import live_feed, live_picture
from portal.console.live import FEED, TILES, Tiles
from territory.access.roles import Role
from territory.database import tables
from tests.integration.console.ground import Browser, SignedIn, Site, Territory
from tests.integration.console.streams import Heard, Stream, add_samples, judge, streaming
from tests.servers.outage import cut_all_others

MOST_STEPS = 3
Opened = Callable[..., Awaitable[Stream]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two readings may follow each other at once, and little is kept for who is behind."""
    monkeypatch.setattr(live_feed, "BETWEEN_SECONDS", 0.01)
    monkeypatch.setattr(live_feed, "REST", 0)
    monkeypatch.setattr(live_picture, "STEPS_KEPT", MOST_STEPS)


@pytest.fixture
async def opened(site: Site, signed_in: SignedIn) -> AsyncIterator[Opened]:
    """Streams of the operators of roles, closed in the end."""
    async with AsyncExitStack() as closing:

        async def open_as(who: Role | Browser, last_id: str = "") -> Stream:
            browser = await signed_in(who) if isinstance(who, Role) else who
            address = site.at("/en-direct/flux")
            return await closing.enter_async_context(streaming(browser.session, address, last_id))

        yield open_as


def by_code(heard: Heard) -> dict[str, Any]:
    """The event's places."""
    return {place["code"]: place for place in heard.told.get("places", [])}


async def unlist(owner: AsyncEngine, code: str) -> None:
    """Take a site off the public map."""
    async with owner.begin() as db:
        site = tables.site
        await db.execute(update(site).where(site.c.code == code).values(listed=False))


async def test_a_change_written_in_the_database_arrives_at_who_may_see_it(
    opened: Opened, owner: AsyncEngine, clock: Any
) -> None:
    """The whole picture, then the change with its reason; words alone for an agent of the place;
    nothing but a beat for others' places."""
    technician, agent = await opened(Role.TECHNICIAN), await opened(Role.AGENT)
    whole = by_code(await technician.next("picture"))
    assert whole["salle-saint-mihiel"]["state"] == "down"
    assert whole["mairie-commercy"]["state"] == "up"
    assert whole["mairie-commercy"]["sessions"] == 28
    assert [*by_code(await agent.next("picture"))] == ["mediatheque-commercy", "mairie-commercy"]
    await judge(owner, "mairie-commercy-accueil", "down", clock.now())
    told = by_code(news := await technician.next("news"))["mairie-commercy"]
    assert told["state"] == "degraded"
    assert told["words"] == "Borne accueil\u00a0: ne répond plus au ping."
    assert [line["equipment"] for line in news.told["lines"]] == ["Borne accueil"]
    told = by_code(await agent.next("news"))["mairie-commercy"]
    assert (told["state"], told["words"]) == ("degraded", "Une partie du Wi-Fi y marche mal.")
    await judge(owner, "bibliobus-accueil", "down", clock.now())
    assert "bibliobus" in by_code(await technician.next("news"))
    assert "bibliobus" not in (await agent.next()).text


async def test_an_unlisted_site_is_never_in_the_stream_of_who_may_not_see_it(
    opened: Opened, owner: AsyncEngine, signed_in: SignedIn, clock: Any
) -> None:
    """Neither named nor placed nor told of: not whole, not as news, not on the page."""
    await unlist(owner, "salle-saint-mihiel")
    mediator, technician = await opened(Role.MEDIATOR), await opened(Role.TECHNICIAN)
    assert "salle-saint-mihiel" in by_code(await technician.next("picture"))
    first = await mediator.next("picture")
    await judge(owner, "salle-saint-mihiel-accueil", "up", clock.now())
    await judge(owner, "bibliobus-accueil", "down", clock.now())
    heard = await mediator.until(lambda one: "bibliobus" in by_code(one))
    assert not any("mihiel" in one.text.lower() for one in (first, *heard))
    _, page = await (await signed_in(Role.MEDIATOR)).get("/en-direct")
    assert "mihiel" not in page.lower()
    assert "1 lieu hors de la carte publique" in page
    assert "Saint-Mihiel" in (await (await signed_in(Role.TECHNICIAN)).get("/en-direct"))[1]


async def test_a_site_taken_off_the_map_while_somebody_looks_goes_without_a_word(
    opened: Opened, owner: AsyncEngine
) -> None:
    """Its code alone, so that the page forgets it."""
    mediator = await opened(Role.MEDIATOR)
    await mediator.next("picture")
    await unlist(owner, "bibliobus")
    async with owner.begin() as db:
        await db.exec_driver_sql("NOTIFY territory")
    told = (await mediator.next("news")).told
    assert (told["gone"], told.get("places")) == (["bibliobus"], None)


async def test_a_viewer_goes_on_where_it_was_or_gets_the_whole_picture(
    opened: Opened, owner: AsyncEngine, clock: Any
) -> None:
    """By Last-Event-ID: what was missed; from elsewhere: everything."""
    first = await opened(Role.TECHNICIAN)
    begun = await first.next("picture")
    await judge(owner, "mairie-commercy-accueil", "down", clock.now())
    await first.next("news")
    again = await opened(Role.TECHNICIAN, begun.id)
    missed = await again.next()
    assert (missed.name, [*by_code(missed)]) == ("news", ["mairie-commercy"])
    elsewhere = await opened(Role.TECHNICIAN, "00000000.1")
    assert (await elsewhere.next()).name == "picture"


async def test_a_slow_viewer_holds_nobody_up_and_gets_the_whole_picture(
    opened: Opened, owner: AsyncEngine, clock: Any, site: Site
) -> None:
    """One that takes nothing keeps nothing waiting; once it looks again, it is told all at once."""
    quick = await opened(Role.TECHNICIAN)
    begun = await quick.next("picture")
    feed = site.app[FEED]
    (same,) = feed._viewers
    slow = feed.join(same.digest, same.look, begun.id)
    assert slow is not None
    for number in range(MOST_STEPS + 1):
        await judge(owner, "bibliobus-étage", "up" if number % 2 else "down", clock.now())
        await quick.next("news")
    caught_up = await slow.next()
    assert caught_up is not None
    assert caught_up.name == "picture"
    feed.leave(slow)


async def test_a_sign_in_that_ends_ends_its_stream(
    opened: Opened, signed_in: SignedIn, clock: Any
) -> None:
    """Looking is no use of it, nor what the page asks by itself: once idle too long, the browser
    is told, the stream closes."""
    browser = await signed_in(Role.TECHNICIAN)
    idle = await opened(browser)
    await idle.next("picture")
    clock.advance(minutes=20)
    for path in ("/en-direct/journee", "/en-direct/encore"):
        assert (await browser.get(path))[0] == 200
    clock.advance(minutes=11)
    await opened(Role.MEDIATOR)
    assert (await idle.next("end")).told == {}
    assert await idle.answer.content.read() == b""


async def test_one_connection_serves_as_many_as_may_look(
    opened: Opened, engine: AsyncEngine, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the console's connections one is in use; one viewer too many is asked to come back, in all
    and of one sign-in."""
    monkeypatch.setattr(live_feed, "MOST_VIEWERS", 3)
    for role in (Role.TECHNICIAN, Role.ADMINISTRATOR, Role.MEDIATOR):
        await (await opened(role)).next("picture")
    turned_away = (await opened(Role.DPO)).answer
    assert (turned_away.status, turned_away.headers["Retry-After"]) == (503, "60")
    monkeypatch.setattr(live_feed, "MOST_OF_ONE", 1)
    monkeypatch.setattr(live_feed, "MOST_VIEWERS", 9)
    browser = await signed_in(Role.DPO)
    await (await opened(browser)).next("picture")
    assert (await opened(browser)).answer.status == 503
    assert engine.pool.checkedout() == 1  # type: ignore[attr-defined]


async def test_a_listener_that_is_cut_off_listens_again(
    opened: Opened, owner: AsyncEngine, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL ends the connection: the streams stay, and the next change arrives."""
    monkeypatch.setattr(live_feed, "AWAY_SECONDS", 0.01)
    technician = await opened(Role.TECHNICIAN)
    await technician.next("picture")
    await cut_all_others(owner)
    await judge(owner, "bibliobus-accueil", "down", clock.now())
    await opened(Role.ADMINISTRATOR)
    assert "bibliobus" in by_code(await technician.next("news"))


async def test_a_process_that_ends_ends_its_streams(opened: Opened, site: Site) -> None:
    """At once and without a word: the browsers come back, to another one; nobody new is let in."""
    technician = await opened(Role.TECHNICIAN)
    await technician.next("picture")
    await site.app.shutdown()
    with pytest.raises(EOFError):
        await technician.until(lambda heard: heard.name == "end")
    assert (await opened(Role.TECHNICIAN)).answer.status == 503


async def test_supervision_that_stands_still_is_told_before_any_state(
    opened: Opened, owner: AsyncEngine, signed_in: SignedIn, clock: Any
) -> None:
    """A page that is all green because nobody looks any more would be worse than none."""
    technician = await opened(browser := await signed_in(Role.TECHNICIAN))
    assert (await technician.next("picture")).told["unwatched_since"] is None
    clock.advance(minutes=10)
    async with owner.begin() as db:
        await db.exec_driver_sql("NOTIFY territory")
    assert (await technician.next()).told["unwatched_since"] == "2026-11-20T13:59:20+00:00"
    assert "ne regarde plus rien depuis 10 min" in (await browser.get("/en-direct"))[1]


async def test_opening_is_told_once_a_sign_in(signed_in: SignedIn, owner: AsyncEngine) -> None:
    """Reloading is no second opening."""
    technician = await signed_in(Role.TECHNICIAN)
    for _ in range(3):
        assert (await technician.get("/en-direct"))[0] == 200
    async with owner.connect() as db:
        entry = tables.audit_entry.c
        told = await db.execute(select(entry.actor).where(entry.action == "live.opened"))
        assert told.scalars().all() == ["technique@meuse.example"]


async def test_a_wall_link_shows_without_a_session_until_it_is_taken_away(
    site: Site, signed_in: SignedIn, owner: AsyncEngine, clock: Any
) -> None:
    """Made by an operator, shown once, revoked: its page is gone, its stream ends; told thrice."""
    await unlist(owner, "bibliobus")
    technician = await signed_in(Role.TECHNICIAN)
    made = await technician.post("/en-direct/ecrans", {"nom": "Salle technique", "jours": "30"})
    link = re.search(r"/console(/ecran/[\w-]{43})", await made.text())
    assert link is not None
    async with aiohttp.ClientSession() as television:
        wall = Browser(television, site)
        status, page = await wall.get(link[1])
        assert (status, "Saint-Mihiel" in page, "Bibliobus" in page) == (200, True, False)
        assert "<a " not in page
        assert "<form" not in page
        assert "<button" not in page
        async with streaming(television, site.at(f"{link[1]}/flux")) as stream:
            whole = await stream.next("picture")
            assert "bibliobus" not in whole.text
            _, walls = await technician.get("/en-direct/ecrans")
            end = re.search(r"/console(/en-direct/ecrans/[\w-]+/fin)", walls)
            assert end is not None
            await technician.post(end[1], {}, form_at="/en-direct/ecrans")
            async with owner.begin() as db:
                await db.exec_driver_sql("NOTIFY territory")
            await stream.next("end")
        assert (await wall.get(link[1]))[0] == 410
        assert (await wall.get(f"{link[1]}/flux"))[0] == 404
    async with owner.connect() as db:
        entry = tables.audit_entry.c
        told = await db.execute(select(entry.action).where(entry.action.like("wall.%")))
        assert told.scalars().all() == ["wall.made", "wall.opened", "wall.revoked"]


async def test_the_day_is_told_by_site_and_for_all_within_the_scope(
    signed_in: SignedIn, owner: AsyncEngine, made: Territory, clock: Any, site: Site
) -> None:
    """A sample every five minutes; another organisation's site is as if it did not exist."""
    async with owner.begin() as db:
        await add_samples(db, made, clock.now())
    agent, technician = await signed_in(Role.AGENT), await signed_in(Role.TECHNICIAN)
    whole = json.loads((await technician.fetch("/en-direct/journee"))[1])["days"][""]
    assert set(whole["up"]) == {4}
    assert whole["sessions"][-1] == 4 * clock.now().hour
    path = "/en-direct/journee?lieu=mairie-commercy&lieu=bibliobus"
    assert [*json.loads((await agent.fetch(path))[1])["days"]] == ["mairie-commercy"]
    assert len(json.loads((await technician.fetch(path))[1])["days"]["bibliobus"]["at"]) == 287


async def test_files_are_kept_for_ever_and_pages_run_only_our_own(
    signed_in: SignedIn, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each script of the page bears its nonce and its digest; nothing inline, nothing evaluated;
    tiles let their server's pictures in, and nothing else of it."""
    tiles = Tiles("https://tiles.example.org/{z}/{x}/{y}.png", "© Tuiles")
    monkeypatch.setitem(site.app._state, TILES, tiles)
    technician = await signed_in(Role.TECHNICIAN)
    headers, page = await technician.fetch("/en-direct")
    policy = headers["Content-Security-Policy"]
    nonce = re.search(r"script-src ('nonce-[^']+');", policy)
    assert nonce is not None
    assert "connect-src 'self';" in policy
    assert "img-src 'self' data: https://tiles.example.org;" in policy
    assert "unsafe" not in policy
    scripts = re.findall(r"<script([^>]*)></script>", page.decode())
    assert len(scripts) == 5
    assert all(f'nonce="{nonce[1][7:-1]}"' in script for script in scripts)
    address = re.search(r'src="/console(/fichiers/\w{16}/leaflet.js)"', scripts[0])
    assert address is not None
    kept, library = await technician.fetch(address[1])
    assert kept["Cache-Control"] == "public, max-age=31536000, immutable"
    assert b"Leaflet 1.9.4" in library
