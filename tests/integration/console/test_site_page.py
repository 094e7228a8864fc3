"""A site's page: what is wrong and what to do, to each role what it needs, in so many queries."""

import re
from html import unescape
from typing import Any

import pytest
from sqlalchemy import event, text, update
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from portal.console import equipment_queries
from portal.console.queries import Scope, load_site
from portal.console.site_page import month_reading, nas_reading, reading
from portal.console.site_page.portrait import DAY
from territory.access.roles import Role
from territory.database import tables
from tests.integration.console.ground import SignedIn, Territory
from tests.integration.console.site_days import ENDED, TROUBLED, add_days

WHERE = f"/lieux/{TROUBLED}"
MOST_QUERIES = 30
"""The sign-in's own among them."""


@pytest.fixture
async def days(owner: AsyncEngine, made: Territory, clock: Any) -> None:
    """A troubled day."""
    async with owner.begin() as db:
        await add_days(db, made, clock.now())


def plain(page: str) -> str:
    """A page's words, without markup."""
    page = re.sub(r"<(style|script).*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).replace("\u00a0", " ").split())


@pytest.mark.usefixtures("days")
async def test_a_technician_reads_what_is_wrong_and_what_to_do(
    signed_in: SignedIn, engine: AsyncEngine
) -> None:
    """Both access points as one problem, the worst first; evidence, refusals with their remedy,
    endings, clock; a curve with words for who does not see it, and no script; so few queries
    that a large territory costs no more.
    """
    asked: list[str] = []
    technician = await signed_in(Role.TECHNICIAN)
    hear = lambda *said: asked.append(said[2])  # noqa: E731
    event.listen(engine.sync_engine, "before_cursor_execute", hear)
    status, page = await technician.get(WHERE)
    event.remove(engine.sync_engine, "before_cursor_execute", hear)
    words = plain(page)
    assert status == 200
    assert len(asked) <= MOST_QUERIES, asked
    for expected in (
        "Borne accueil et Borne étage : en panne depuis 3 h",
        "alors que le routeur du lieu fonctionne",
        "À faire Faire débrancher puis rebrancher le câble de cette borne.",
        "l'usager d'essai n'arrive pas en ligne",
        "plus personne n'entre : 26 refus de suite",
        "salle-saint-mihiel-nas : horloge",
        "−3 min",
        "Pings, le dernier d'abord : sans réponse à l'instant du constat ; sans réponse 31 s avant",
        "13 ms au 2e essai 62 s avant",
        "Ses identifiants sont à un autre appareil.",
        "L'appareil était inactif depuis trop longtemps. 61",
        "Sans nouvelles de la passerelle 4",
        "Réponse à une réquisition",
        "93,2 % 480 sur 515",
        "Sans compter 41 téléphones pas encore connus",
        "7 ms",
        "Identifiés 560 80 %",
    ):
        assert expected in words, expected
    assert words.index("en panne depuis") < words.index("refus de suite")
    assert re.search(r'<path class="line" d="M5 \d+L10 \d+', page), "drawn on the server"
    assert 'aria-label="0 personne en ligne maintenant' in page
    assert re.search(r'<rect class="down" x="1260" width="180"', page)
    assert "<script" not in page


@pytest.mark.usefixtures("days")
async def test_others_read_whether_it_works_and_whom_to_call(signed_in: SignedIn) -> None:
    """No equipment, no refusal, no button; maintenance is announced to them too."""
    for role in (Role.AGENT, Role.MEDIATOR, Role.DPO):
        _, page = await (await signed_in(role)).get("/lieux/mediatheque-commercy")
        words = plain(page)
        assert "Le Wi-Fi fonctionne mal" in words
        assert "remplacement du commutateur" in words
        for hidden in ("10.99.", "Borne", "Refus", "Déconnecter", "Renouveler", "NAS"):
            assert hidden not in words, hidden


@pytest.mark.usefixtures("days")
async def test_a_place_that_is_not_on_the_map_is_named_to_few(
    signed_in: SignedIn, owner: AsyncEngine, made: Territory
) -> None:
    """A shelter's page is there for technicians and its own agents, and for nobody else."""
    code = "mairie-commercy"
    unlisted = update(tables.site).where(tables.site.c.code == code).values(listed=False)
    async with owner.begin() as db:
        await db.execute(unlisted)
    for role, status in (
        (Role.TECHNICIAN, 200),
        (Role.AGENT, 200),
        (Role.MEDIATOR, 404),
        (Role.DPO, 404),
    ):
        browser = await signed_in(role)
        assert (await browser.get(f"/lieux/{code}"))[0] == status
        assert (code in (await browser.get("/lieux"))[1]) is (status == 200)
        assert (code in (await browser.get("/"))[1]) is (status == 200)


async def test_a_site_nothing_is_known_of_has_a_page(signed_in: SignedIn) -> None:
    """No day, no change, no NAS heard: the page says so and fails at nothing."""
    _, page = await (await signed_in(Role.TECHNICIAN)).get("/lieux/bibliobus")
    words = plain(page)
    assert "Aucun changement depuis 30 jours" in words
    assert "bibliobus-nas : inconnu" in words


@pytest.mark.usefixtures("days")
async def test_the_counts_are_the_site_s_own(
    engine: AsyncEngine, made: Territory, clock: Any
) -> None:
    """What functions count for the page: this site's, of the last day; no row can be read."""
    since = clock.now() - DAY
    async with engine.connect() as db:
        for code, expected in ((TROUBLED, dict(ENDED)), ("bibliobus", {})):
            rows = await db.execute(reading._ENDINGS, {"site": made.sites[code], "since": since})
            assert {row.cause: row.sessions for row in rows} == expected
        with pytest.raises(ProgrammingError, match="permission denied"):
            await db.execute(tables.authentication.select())


async def test_sites_are_sought_and_kept_by_state(signed_in: SignedIn) -> None:
    """The worst first; a search and a state narrow the list, and stay in its links."""
    technician = await signed_in(Role.TECHNICIAN)
    words = plain((await technician.get("/lieux"))[1])
    order = [words.index(code) for code in (TROUBLED, "mediatheque-commercy", "mairie-commercy")]
    assert order == sorted(order)
    _, page = await technician.get("/lieux?recherche=commercy&etat=degraded")
    assert "mediatheque-commercy" in page
    assert "mairie-commercy" not in page
    assert "/console/lieux?recherche=commercy&amp;etat=up" in page
    assert "Aucun lieu ne répond" in (await technician.get("/lieux?recherche=%3Cb%3E"))[1]
    agent = await signed_in(Role.AGENT)
    assert TROUBLED not in (await agent.get("/lieux?recherche=saint"))[1]


@pytest.mark.usefixtures("days")
async def test_old_states_are_never_shown_as_if_they_were_of_now(
    signed_in: SignedIn, clock: Any
) -> None:
    """Where supervision has stopped, each page says so first; nobody reads that all is well."""
    technician, agent = await signed_in(Role.TECHNICIAN), await signed_in(Role.AGENT)
    clock.advance(minutes=10)
    words = plain((await technician.get(WHERE))[1])
    stopped, down = "La surveillance ne regarde plus ce lieu depuis 10 min", "en panne depuis"
    assert words.index(stopped) < words.index(down)
    brief = plain((await agent.get("/lieux/mairie-commercy"))[1])
    assert "On ne sait pas si le Wi-Fi fonctionne" in brief
    assert "Le Wi-Fi fonctionne" not in brief
    for path in ("/lieux", "/"):
        assert "La surveillance ne regarde plus rien" in plain((await technician.get(path))[1])


@pytest.mark.usefixtures("days")
async def test_a_flood_of_requests_leaves_the_page_without_their_count(
    signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log that takes too long to be counted is left; everything else is there, and right."""
    slow = text("SELECT CAST(:site AS uuid), CAST(:since AS timestamptz), pg_sleep(30)")
    monkeypatch.setattr(nas_reading, "_ANSWERS", slow)
    monkeypatch.setattr(nas_reading, "COUNTED_WITHIN_SECONDS", 0.05)
    status, page = await (await signed_in(Role.TECHNICIAN)).get(WHERE)
    words = plain(page)
    assert status == 200
    assert "trop de demandes" in words
    assert "L'appareil était inactif depuis trop longtemps. 61" in words


@pytest.mark.usefixtures("days")
async def test_availability_is_of_what_was_read_and_nothing_before(
    engine: AsyncEngine, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirty days of opening hours; where more changed than is read, from the oldest that was."""
    now = clock.now()
    async with engine.connect() as db:
        site = await load_site(db, Scope(None, unlisted=True), TROUBLED)
        assert site is not None
        whole = await month_reading.load_availability(db, site, now)
        monkeypatch.setattr(month_reading, "MOST_CHANGES", 2)
        last = await month_reading.load_availability(db, site, now)
        quiet = await load_site(db, Scope(None, unlisted=True), "bibliobus")
        assert quiet is not None
        nothing = await month_reading.load_availability(db, quiet, now)
    assert whole is not None
    assert last is not None
    assert (whole.down_seconds, last.down_seconds) == (3 * 3600, 3 * 3600)
    assert whole.up_seconds + whole.unknown_seconds == (30 * 24 - 3) * 3600
    assert (last.up_seconds, last.unknown_seconds, last.share) == (0, 0, 0)
    assert nothing is not None


async def test_the_most_pressing_equipment_of_a_scope_comes_first(
    engine: AsyncEngine, made: Territory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By state, then by site; cut where a territory has thousands; an organisation's own alone."""
    everything = Scope(None, unlisted=True)
    own = Scope(made.organisations["commercy"], unlisted=False)
    async with engine.connect() as db:
        radios = await equipment_queries.load_worst_access_points(db, everything)
        nas = await equipment_queries.load_worst_nas(db, own)
        monkeypatch.setattr(equipment_queries, "MOST_ROWS", 3)
        cut = await equipment_queries.load_worst_access_points(db, everything)
    ranks = [standing.part.reading.health.rank for standing in radios]
    assert (len(radios), ranks) == (8, sorted(ranks, reverse=True))
    assert cut == radios[:3]
    assert {standing.site_code for standing in nas} == {"mairie-commercy", "mediatheque-commercy"}
