"""What the console's pages show, to whom, and what they write down."""

from dataclasses import replace
from datetime import UTC, datetime

import aiohttp
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from portal.console.app import create_console
from territory.access.passwords import Passwords
from territory.access.roles import Role
from territory.database import tables
from territory.database.connect import open_engine
from territory.web.server import start_site
from tests.integration.console.ground import CHEAP, SignedIn, Site, Territory
from tests.servers.outage import cut_all_others


async def actions(owner: AsyncEngine) -> list[tuple[str, str, str]]:
    """Every act of the log so far, with who and on what."""
    async with owner.connect() as db:
        entry = tables.audit_entry.c
        rows = await db.execute(
            select(entry.actor, entry.action, entry.subject).order_by(entry.number)
        )
        return [(row.actor, row.action, row.subject) for row in rows]


async def test_an_agent_sees_their_organisations_sites_only(signed_in: SignedIn) -> None:
    """Another organisation's site is as if it did not exist."""
    agent = await signed_in(Role.AGENT)
    _, listed = await agent.get("/lieux")
    assert "Mairie de Commercy" in listed
    assert "Saint-Mihiel" not in listed
    assert (await agent.get("/lieux/mairie-commercy"))[0] == 200
    assert (await agent.get("/lieux/salle-saint-mihiel"))[0] == 404
    _, home = await agent.get("/")
    assert "Médiathèque de Commercy" in home
    assert "Saint-Mihiel" not in home
    assert "198.51.100.23" not in home


async def test_a_technician_finds_why_a_place_is_down(signed_in: SignedIn) -> None:
    """From the home to the site: which radio, why, since when."""
    technician = await signed_in(Role.TECHNICIAN)
    _, home = await technician.get("/")
    assert "Salle des fêtes de Saint-Mihiel\u00a0: en panne" in home
    _, site = await technician.get("/lieux/salle-saint-mihiel")
    for words in ("ne répond plus au ping", "depuis 3 h", "10.99.0.3", "Découverte 4 h"):
        assert words in site


async def test_a_technician_meets_the_new_gateway_and_the_unsigned_one(signed_in: SignedIn) -> None:
    """Unknown addresses are offered as the line to write; unsigned packets are counted."""
    technician = await signed_in(Role.TECHNICIAN)
    _, page = await technician.get("/equipements")
    assert "source_address: 198.51.100.23" in page
    assert "1\u202f312 paquets non signés" in page
    assert "signature fausse" in page
    assert "texte illisible" in page


async def test_what_a_stranger_says_of_itself_is_shown_as_text(
    signed_in: SignedIn, owner: AsyncEngine
) -> None:
    """Whatever it claims: nothing proves it, and no page takes it for its own."""
    async with owner.begin() as db:
        await db.execute(
            tables.discard.update()
            .where(tables.discard.c.reason == "unknown-nas")
            .values(packet_kind="access-request", claimed_name="<b>toul</b>")
        )
    _, page = await (await signed_in(Role.TECHNICIAN)).get("/equipements")
    assert "&lt;b&gt;toul&lt;/b&gt;" in page
    assert "accès (Access-Request)" in page


async def test_clear_radius_in_public_is_shown_with_what_to_do(
    signed_in: SignedIn, owner: AsyncEngine
) -> None:
    """It cannot be written into the description: it takes a link."""
    async with owner.begin() as db:
        await db.execute(
            tables.discard.update()
            .where(tables.discard.c.reason == "unknown-nas")
            .values(reason="clear-from-public")
        )
    technician = await signed_in(Role.TECHNICIAN)
    _, page = await technician.get("/equipements")
    assert "source_address: 198.51.100.23" not in page
    assert "Passez par un tunnel ou par RadSec" in page
    _, home = await technician.get("/")
    assert "RADIUS en clair depuis Internet, refusé" in home


async def test_a_sites_page_tells_of_its_tunnel(
    signed_in: SignedIn, owner: AsyncEngine, made: Territory
) -> None:
    """Its address inside, when it was last heard, and a key that its router is yet to have."""
    now = datetime(2026, 11, 20, tzinfo=UTC)
    async with owner.begin() as db:
        site_id = made.sites["salle-saint-mihiel"]
        peer = {"inside_address": "10.55.0.7", "public_key": "k", "preshared_key_sealed": b"s"}
        when = {"rotated_at": now, "rotation_began_at": now}
        await db.execute(tables.tunnel_peer.insert().values(site_id=site_id, **peer, **when))
        seen = {"handshake_at": now, "checked_at": now}
        await db.execute(tables.tunnel_seen.insert().values(site_id=site_id, **seen))
    _, page = await (await signed_in(Role.TECHNICIAN)).get("/lieux/salle-saint-mihiel")
    assert "<code>10.55.0.7</code>, entendu <time" in page
    assert "clé à changer dans le routeur" in page


async def test_technicians_see_what_is_learnt_and_what_is_rotated(
    signed_in: SignedIn, owner: AsyncEngine
) -> None:
    """Who signs since when, and which gateway still has its old secret."""
    async with owner.begin() as db:
        await db.execute(
            tables.nas.update().values(
                require_message_authenticator="learn", rotation_began_at=func.now()
            )
        )
    _, page = await (await signed_in(Role.TECHNICIAN)).get("/equipements")
    assert "exigée dès la première" in page
    assert "secret à changer dans la passerelle" in page


async def test_no_page_of_the_console_shows_a_guests_device(
    signed_in: SignedIn, owner: AsyncEngine, made: Territory
) -> None:
    """Counts only: a MAC, a private address and a user name never leave the database here."""
    async with owner.begin() as db:
        await db.execute(
            tables.session.update().values(
                device="aa:bb:cc:dd:ee:01", address="10.1.0.77", user_name="opaque-guest"
            )
        )
    technician = await signed_in(Role.TECHNICIAN)
    for path in ("/", "/lieux", "/lieux/mairie-commercy", "/equipements"):
        _, page = await technician.get(path)
        for secret in ("aa:bb:cc", "10.1.0.77", "opaque-guest"):
            assert secret not in page


async def test_a_custodian_is_led_to_the_desk(signed_in: SignedIn) -> None:
    """The console has nothing for them, and says where their work is."""
    custodian = await signed_in(Role.CUSTODIAN)
    _, home = await custodian.get("/")
    assert 'href="http://127.0.0.1:8444"' in home


async def test_reading_operators_and_the_log_is_a_line_of_the_log(
    signed_in: SignedIn, owner: AsyncEngine, made: Territory
) -> None:
    """Who looked, at whom."""
    administrator = await signed_in(Role.ADMINISTRATOR)
    before = len(await actions(owner))
    await administrator.get("/operateurs")
    await administrator.get(f"/operateurs/{made.operators['dpo'].id}")
    await administrator.get("/journal")
    who = "admin@meuse.example"
    assert (await actions(owner))[before:] == [
        (who, "operators.read", ""),
        (who, "operator.read", "dpo@meuse.example"),
        (who, "audit.read", ""),
    ]


async def test_adding_an_operator_shows_the_link_once_and_faults_at_once(
    signed_in: SignedIn, owner: AsyncEngine
) -> None:
    """All faults together, nothing typed is lost; a taken login is said."""
    administrator = await signed_in(Role.ADMINISTRATOR)
    wrong = {"login": "nope", "display_name": "", "role": "agent", "organisation": ""}
    answer = await administrator.post("/operateurs", wrong)
    shown = await answer.text()
    assert answer.status == 422
    for words in ("adresse électronique", "de 1 à 100", "appartient à un organisme", "nope"):
        assert words in shown
    right = {"login": "Neuf@Meuse.example", "display_name": "<b>Neuf</b>", "role": "mediator"}
    shown = await (await administrator.post("/operateurs", right)).text()
    assert "https://wifi.meuse.example/console/lien/" in shown
    assert "&lt;b&gt;Neuf" in shown
    assert (await administrator.post("/operateurs", right)).status == 422
    for odd in ({**right, "role": "emperor"}, {**right, "organisation": "x"}):
        assert (await administrator.post("/operateurs", odd)).status == 422


async def test_an_administrator_cannot_shut_themselves_out(
    signed_in: SignedIn, made: Territory
) -> None:
    """The last administrator would be missed."""
    administrator = await signed_in(Role.ADMINISTRATOR)
    where = f"/operateurs/{made.operators['administrator'].id}"
    answer = await administrator.post(f"{where}/acces", {"disabled": "yes"}, form_at=where)
    assert answer.status == 403


async def test_an_unknown_operator_is_a_clear_page(signed_in: SignedIn) -> None:
    """Neither a well-formed unknown id nor a malformed one fails."""
    administrator = await signed_in(Role.ADMINISTRATOR)
    for identifier in ("00000000-0000-4000-8000-000000000000", "-" * 36, "x"):
        assert (await administrator.get(f"/operateurs/{identifier}"))[0] == 404


async def test_with_the_database_away_the_page_says_so(site: Site) -> None:
    """503 in words, on the door and behind it, not a stack and not a sign-in page."""
    away = open_engine("postgresql://socle_portal@127.0.0.1:1/socle")
    console = replace(site.console, engine=away, passwords=Passwords(CHEAP))
    runner = await start_site(create_console(console), "127.0.0.1", 0)
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    cookies = {"socle_console": "any"}
    async with aiohttp.ClientSession(cookies=cookies) as session:
        for path in ("/", "/session"):
            async with session.get(base + path) as answer:
                assert answer.status == 503
                assert "ne marche pas en ce moment" in await answer.text()
    await runner.cleanup()
    await away.dispose()


async def test_a_connection_cut_by_the_server_is_mended_by_the_next_page(
    signed_in: SignedIn, owner: AsyncEngine
) -> None:
    """A restart of PostgreSQL costs nobody their sign-in."""
    technician = await signed_in(Role.TECHNICIAN)
    await cut_all_others(owner)
    assert (await technician.get("/"))[0] == 200
