"""A description is made so in PostgreSQL: once, wholly, and told to everyone."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Protocol

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from territory.access.audit import load_entries, verify
from territory.application.agreement import Known
from territory.application.applying import Applied, Wish, look, make
from territory.application.description import read_description
from territory.application.difference import Action
from territory.application.state import Kind
from territory.application.writing import Authority
from territory.clock import Clock
from territory.communes.national_list import national_list
from territory.database.connect import open_engine
from territory.errors import ConfigurationError
from territory.keyring import Keyring

EXAMPLE = Path("docs/examples/territory.yaml").read_text()
WITH_TUNNEL = "SELECT s.code FROM territory.tunnel_peer p JOIN territory.site s ON s.id = p.site_id"
BY_LINK = (
    "SELECT s.code FROM source.site_public_address a JOIN territory.site s ON s.id = a.site_id"
    " WHERE a.origin = 'link' AND a.valid_until IS NULL"
)
"""Sites whose tunnel is held to be telling their public address still."""
KNOWN = Known(national_list(), frozenset({"town-hall"}))


class Apply(Protocol):
    """Applies a text to this test's database."""

    async def __call__(self, source: str, *, prune: bool = False) -> Applied:
        """Make it so, and return what was done."""


def wish(source: str, *, prune: bool = False) -> Wish:
    """Return the wish of a description."""
    return Wish(read_description(source.encode(), KNOWN), prune)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """This test's database, as its owner."""
    engine = open_engine(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture
def apply(engine: AsyncEngine, keyring: Keyring, clock: Clock) -> Apply:
    """A function that applies a description at the clock's time."""

    async def run(source: str, *, prune: bool = False) -> Applied:
        authority = Authority("command line", "territory.yaml", clock.now())
        return await make(engine, wish(source, prune=prune), keyring, authority)

    return run


async def rows(engine: AsyncEngine, query: str, **values: Any) -> list[Any]:
    """Return the rows of a query."""
    async with engine.begin() as connection:
        return list((await connection.execute(text(query), values)).all())


async def plant_admission(engine: AsyncEngine, code: str) -> None:
    """Leave a trace that names a site."""
    await rows(
        engine,
        "INSERT INTO live.admission (id, user_name, site_id, plan_id, method, language,"
        " terms_version, created_at, credential_expires_at, ends_at)"
        " SELECT gen_random_uuid(), 'x', id, plan_id, 'click-through', 'fr', '1', now(), now(),"
        " now() FROM territory.site WHERE code = :code RETURNING id",
        code=code,
    )


async def plant_link_address(engine: AsyncEngine, code: str) -> None:
    """Have a site's tunnel have told where it calls from."""
    await rows(
        engine,
        "INSERT INTO source.site_public_address (id, site_id, address, valid_from, origin)"
        " SELECT gen_random_uuid(), id, '81.2.70.10', '2026-01-01 00:00Z', 'link'"
        " FROM territory.site WHERE code = :code RETURNING id",
        code=code,
    )


async def test_a_helper_comes_changes_and_goes(engine: AsyncEngine, apply: Apply) -> None:
    """Who helps at a site is there with their hours; the next description may say otherwise."""
    helpers = "SELECT h.name, h.hours, h.phone FROM territory.helper h"
    await apply(EXAMPLE)
    (service,) = await rows(engine, helpers)
    assert service.phone == "03 53 01 02 03"
    await apply(EXAMPLE.replace("        phone: 03 53 01 02 03", "#"))
    assert (await rows(engine, helpers))[0].phone is None
    first, last = "    # Qui aide ici", "    # Adresses que voit"
    await apply(without(EXAMPLE, first, last), prune=True)
    assert await rows(engine, helpers) == []


async def test_the_example_is_applied_whole(
    engine: AsyncEngine, apply: Apply, keyring: Keyring
) -> None:
    """Every thing of the documented example is in the database, secrets sealed."""
    applied = await apply(EXAMPLE)
    found = applied.prospect.found
    assert found.count(Action.ADD) == len(found.changes) > 40
    counted = await rows(
        engine,
        "SELECT (SELECT count(*) FROM territory.site), (SELECT count(*) FROM territory.nas),"
        " (SELECT count(*) FROM territory.access_point), (SELECT count(*) FROM staff.operator)",
    )
    assert counted == [(8, 4, 6, 7)]
    site = "SELECT s.insee, p.session_seconds, p.download_bps, p.session_octets, o.siren"
    joins = (
        " FROM territory.site s JOIN territory.plan p ON p.id = s.plan_id"
        " JOIN territory.organisation o ON o.id = s.organisation_id WHERE s.code = :code"
    )
    (mairie,) = await rows(engine, site + joins, code="mairie-bar-le-duc")
    assert tuple(mairie) == ("55029", 14_400, 20_000_000, 2_000_000_000, "215500299")
    sealed = await rows(engine, "SELECT shared_secret_sealed FROM territory.nas")
    secrets = {keyring.open(row[0]) for row in sealed}
    assert len(secrets) == 4
    assert all(len(secret) == 32 for secret in secrets)
    asked = await rows(
        engine, "SELECT code, snmp_sealed FROM territory.access_point WHERE snmp_sealed IS NOT NULL"
    )
    versions = {code: json.loads(keyring.open(sealed))["version"] for code, sealed in asked}
    assert versions == {
        "ap-mairie-bar-le-duc-accueil": "v3",
        "ap-mairie-bar-le-duc-salle": "v2c",
    }, "its own way, else its site's"


async def test_applying_twice_changes_nothing(engine: AsyncEngine, apply: Apply) -> None:
    """The second time there is nothing to do: no row, no audit line, no new secret."""
    await apply(EXAMPLE)
    before = await rows(engine, "SELECT code, shared_secret_sealed, xmin::text FROM territory.nas")
    again = await apply(EXAMPLE)
    after = await rows(engine, "SELECT code, shared_secret_sealed, xmin::text FROM territory.nas")
    assert again.prospect.found.changes == ()
    assert again.prospect.made_secrets == ()
    assert before == after
    assert await rows(engine, "SELECT count(*) FROM audit.entry") == [(1,)]


async def test_looking_changes_nothing(engine: AsyncEngine, keyring: Keyring) -> None:
    """The difference can be asked for without anything being done."""
    prospect = await look(engine, wish(EXAMPLE), keyring)
    assert prospect.found.changes
    assert await rows(engine, "SELECT count(*) FROM territory.site") == [(0,)]


async def test_a_changed_value_keeps_the_thing(engine: AsyncEngine, apply: Apply) -> None:
    """A new rate and a moved NAS are updates: identifiers, and so sessions, stay theirs."""
    await apply(EXAMPLE)
    before = await rows(engine, "SELECT id FROM territory.nas WHERE code = 'nas-salle-commercy'")
    changed = EXAMPLE.replace("20 Mbit/s", "30 Mbit/s").replace("10.55.0.12", "10.55.0.99")
    found = (await apply(changed)).prospect.found
    assert [(c.action, c.kind, c.key) for c in found.changes] == [
        (Action.CHANGE, Kind.PLAN, "libre"),
        (Action.CHANGE, Kind.NAS, "nas-salle-commercy"),
    ]
    after = await rows(engine, "SELECT id FROM territory.nas WHERE source_address = '10.55.0.99'")
    assert before == after


async def test_two_nas_exchange_their_addresses(engine: AsyncEngine, apply: Apply) -> None:
    """Addresses are unique at every instant, and yet two NAS may swap theirs in one go."""
    await apply(EXAMPLE)
    swapped = EXAMPLE.replace("10.55.0.12", "SWAP").replace("10.55.0.13", "10.55.0.12")
    await apply(swapped.replace("SWAP", "10.55.0.13"))
    found = await rows(
        engine,
        "SELECT code, host(source_address) FROM territory.nas"
        " WHERE code IN ('nas-salle-commercy', 'nas-citadelle-verdun') ORDER BY 1",
    )
    assert [tuple(row) for row in found] == [
        ("nas-citadelle-verdun", "10.55.0.12"),
        ("nas-salle-commercy", "10.55.0.13"),
    ]


async def test_a_nas_moves_to_radsec_and_takes_anothers_name(
    engine: AsyncEngine, apply: Apply
) -> None:
    """It is then known by its certificate alone; the name it takes is free at that instant."""
    await apply(EXAMPLE)
    bus, hall = "tls_name: nas-bus-numerique.wifi.meuse.example", "source_address: 10.55.0.12"
    link = "place_type: salle_des_fetes\n    link: "
    swapped = EXAMPLE.replace(bus, "tls_name: nas-bus.wifi.meuse.example").replace(hall, bus)
    await apply(swapped.replace(f"{link}tunnel", f"{link}radsec"))
    found = await rows(
        engine,
        "SELECT code, source_address, tls_name FROM territory.nas"
        " WHERE tls_name IS NOT NULL ORDER BY 1",
    )
    assert [tuple(row) for row in found] == [
        ("nas-bus-numerique", None, "nas-bus.wifi.meuse.example"),
        ("nas-salle-commercy", None, "nas-bus-numerique.wifi.meuse.example"),
    ]


async def test_a_public_address_is_an_interval(
    engine: AsyncEngine, apply: Apply, clock: Any
) -> None:
    """Yesterday's address still answers for yesterday: one interval ends where the next begins.

    So do yesterday's blocks of ports; since when they are in force may be told later.
    """
    began = clock.now()
    await apply(EXAMPLE)
    clock.advance(days=1)
    await apply(EXAMPLE.replace("198.51.100.17", "198.51.100.18"))
    clock.advance(days=1)
    later = EXAMPLE.replace("198.51.100.17", "198.51.100.18").replace("-23T09:30", "-24T09:30")
    await apply(later)
    found = await rows(
        engine,
        "SELECT host(address), valid_from, valid_until FROM source.site_public_address"
        " ORDER BY valid_from",
    )
    turned = began.replace(day=began.day + 1)
    assert [tuple(row) for row in found] == [
        ("198.51.100.17", began, turned),
        ("198.51.100.18", turned, None),
    ]
    blocks = await rows(
        engine, "SELECT pool, valid_from, valid_until FROM territory.port_blocks ORDER BY 2"
    )
    assert [tuple(row) for row in blocks] == [tuple(row) for row in found]
    told = await rows(engine, "SELECT in_force_since FROM territory.port_blocks ORDER BY 1")
    assert [row[0].isoformat() for row in told] == [
        "2026-11-23T08:30:00+00:00",
        "2026-11-24T08:30:00+00:00",
    ]


async def test_an_observed_address_is_left_alone(engine: AsyncEngine, apply: Apply) -> None:
    """Where the file gives no public address, what the portal has observed stays."""
    await apply(EXAMPLE)
    await rows(
        engine,
        "INSERT INTO source.site_public_address (id, site_id, address, valid_from)"
        " SELECT gen_random_uuid(), id, '203.0.113.5', now() FROM territory.site"
        " WHERE code = 'salle-commercy' RETURNING id",
    )
    assert (await apply(EXAMPLE)).prospect.found.changes == ()


async def test_a_stated_address_says_that_it_is(engine: AsyncEngine, apply: Apply) -> None:
    """The portal leaves it alone until the file gives none; what it had observed can be stated."""
    query = "SELECT host(address), origin FROM source.site_public_address WHERE valid_until IS NULL"
    await apply(EXAMPLE)
    assert await rows(engine, query) == [("198.51.100.17", "stated")]
    silent = without(EXAMPLE, "    public_addresses:", "    networks:")
    found = (await apply(silent)).prospect.found
    assert [(c.action, c.kind) for c in found.changes] == [(Action.CHANGE, Kind.PUBLIC_ADDRESS)]
    assert await rows(engine, query) == [("198.51.100.17", "observed")]
    assert (await apply(silent)).prospect.found.changes == ()
    await apply(EXAMPLE)
    assert await rows(engine, query) == [("198.51.100.17", "stated")]


def without(source: str, start: str, end: str) -> str:
    """Return a description without what lies between two marks."""
    first = source.index(start)
    return source[:first] + source[source.index(end, first) :]


async def test_what_is_absent_goes_only_when_asked(engine: AsyncEngine, apply: Apply) -> None:
    """A site left out is told and kept; with prune it and all that stands in it goes."""
    await apply(EXAMPLE)
    shorter = without(EXAMPLE, "  - code: citadelle-verdun", "  - code: office-verdun")
    kept = (await apply(shorter)).prospect.found
    assert kept.changes == ()
    assert [(c.kind, c.key) for c in kept.kept] == [
        (Kind.NAS, "nas-citadelle-verdun"),
        (Kind.GATEWAY, "gw-citadelle-verdun"),
        (Kind.NETWORK, "citadelle-verdun/Wifi public Meuse"),
        (Kind.SITE, "citadelle-verdun"),
    ]
    pruned = await apply(shorter, prune=True)
    assert pruned.prospect.found.count(Action.REMOVE) == 4
    assert pruned.refused == ()
    assert (await apply(shorter, prune=True)).prospect.found.changes == ()
    gone = "SELECT count(*) FROM territory.site WHERE code = 'citadelle-verdun'"
    assert await rows(engine, gone) == [(0,)]


async def test_traces_keep_their_site(engine: AsyncEngine, apply: Apply) -> None:
    """A site that admissions still name leaves the map and loses its NAS, and stays for them."""
    await apply(EXAMPLE)
    await plant_admission(engine, "citadelle-verdun")
    shorter = without(EXAMPLE, "  - code: citadelle-verdun", "  - code: office-verdun")
    applied = await apply(shorter, prune=True)
    assert [(c.kind, c.key) for c in applied.refused] == [(Kind.SITE, "citadelle-verdun")]
    found = await rows(
        engine,
        "SELECT s.listed, count(n.id) FROM territory.site s"
        " LEFT JOIN territory.nas n ON n.site_id = s.id"
        " WHERE s.code = 'citadelle-verdun' GROUP BY s.listed",
    )
    assert [tuple(row) for row in found] == [(False, 0)]
    lines = "SELECT count(*) FROM audit.entry"
    written = await rows(engine, lines)
    await apply(shorter, prune=True)
    assert await rows(engine, lines) == written


async def test_a_pruned_site_has_no_tunnel_left(engine: AsyncEngine, apply: Apply) -> None:
    """Traces keep its row; its key, its inside address and its public address end all the same."""
    await apply(EXAMPLE)
    await plant_admission(engine, "citadelle-verdun")
    await plant_link_address(engine, "citadelle-verdun")
    shorter = without(EXAMPLE, "  - code: citadelle-verdun", "  - code: office-verdun")
    await apply(shorter)
    assert ("citadelle-verdun",) in await rows(engine, WITH_TUNNEL)
    applied = await apply(shorter, prune=True)
    assert [(c.kind, c.key) for c in applied.refused] == [(Kind.SITE, "citadelle-verdun")]
    left = await rows(engine, WITH_TUNNEL)
    assert left
    assert ("citadelle-verdun",) not in left
    assert await rows(engine, BY_LINK) == []


async def test_a_link_that_ends_ends_what_it_told(
    engine: AsyncEngine, apply: Apply, clock: Any
) -> None:
    """A public address heard through a tunnel is not that of a site that has none any more."""
    await apply(EXAMPLE)
    await plant_link_address(engine, "salle-commercy")
    await plant_link_address(engine, "citadelle-verdun")
    clock.advance(days=1)
    hall = "place_type: salle_des_fetes\n    link: "
    await apply(EXAMPLE.replace(f"{hall}tunnel", f"{hall}private_network"))
    assert await rows(engine, BY_LINK) == [("citadelle-verdun",)]
    ended = "SELECT DISTINCT valid_until FROM source.site_public_address WHERE origin = 'link'"
    assert (clock.now(),) in await rows(engine, ended)


async def test_a_stated_address_ends_what_the_link_told(engine: AsyncEngine, apply: Apply) -> None:
    """At once, though the tunnel be silent for ever after."""
    await apply(EXAMPLE)
    await plant_link_address(engine, "citadelle-verdun")
    stated = EXAMPLE.replace(
        "  - code: citadelle-verdun\n",
        "  - code: citadelle-verdun\n    public_addresses: [198.51.100.40]\n",
    )
    await apply(stated)
    assert await rows(engine, BY_LINK) == []


async def test_a_nas_that_was_seen_can_go(engine: AsyncEngine, apply: Apply) -> None:
    """What supervision noted of a NAS goes with it."""
    await apply(EXAMPLE)
    await rows(
        engine,
        "INSERT INTO live.nas_seen (nas_id, unsigned_packets, accepts, rejects)"
        " SELECT id, 0, 0, 0 FROM territory.nas"
        " WHERE code = 'nas-citadelle-verdun' RETURNING nas_id",
    )
    shorter = without(EXAMPLE, "  - code: citadelle-verdun", "  - code: office-verdun")
    assert (await apply(shorter, prune=True)).refused == ()


async def test_a_pruned_operator_is_shut_out(engine: AsyncEngine, apply: Apply) -> None:
    """An operator is disabled, not deleted, and no file lets them back in by itself."""
    await apply(EXAMPLE)
    shorter = EXAMPLE[: EXAMPLE.index("  - login: maxime")]
    await apply(shorter, prune=True)
    state = "SELECT disabled_at IS NOT NULL FROM staff.operator WHERE login LIKE 'maxime.%'"
    assert await rows(engine, state) == [(True,)]
    again = await apply(EXAMPLE)
    assert again.prospect.disabled == ("maxime.leroy@meuse.example",)
    assert await rows(engine, state) == [(True,)]


async def test_an_address_still_held_is_a_fault(apply: Apply) -> None:
    """A NAS renamed without prune would share its address: refused in words, nothing applied."""
    await apply(EXAMPLE)
    renamed = EXAMPLE.replace("code: nas-salle-commercy", "code: nas-salle-neuve")
    with pytest.raises(ConfigurationError, match=r"10\.55\.0\.12 is held by nas-salle-commercy"):
        await apply(renamed)
    assert (await apply(renamed, prune=True)).refused == ()


async def test_what_was_shown_is_what_is_done(
    engine: AsyncEngine, apply: Apply, keyring: Keyring, clock: Clock
) -> None:
    """If somebody else applies in between, the answer that was given no longer holds."""
    shown = await look(engine, wish(EXAMPLE), keyring)
    await apply(EXAMPLE)
    authority = Authority("command line", "territory.yaml", clock.now())
    with pytest.raises(ConfigurationError, match="changed meanwhile"):
        await make(engine, wish(EXAMPLE), keyring, authority, shown)


async def test_each_apply_is_an_audit_line(engine: AsyncEngine, apply: Apply) -> None:
    """The line names what changed, no value and no secret, and the chain holds."""
    await apply(EXAMPLE)
    await apply(EXAMPLE.replace("session: 10h", "session: 9h"))
    async with engine.connect() as connection:
        entries = await load_entries(connection)
    assert [(e.actor, e.action, e.subject) for e in entries] == [
        ("command line", "territory.applied", "territory.yaml")
    ] * 2
    assert "~ plan mediatheque session_seconds" in entries[1].detail
    assert verify(entries).broken_at is None


async def test_every_component_is_told(
    engine: AsyncEngine, apply: Apply, database_url: str
) -> None:
    """A change is notified on the channel `territory`; when nothing changes, nobody is woken."""
    listener = await asyncpg.connect(database_url)
    told: asyncio.Queue[str] = asyncio.Queue()
    try:
        await listener.add_listener("territory", lambda *call: told.put_nowait(call[2]))
        await apply(EXAMPLE)
        assert await asyncio.wait_for(told.get(), 60) == "territory"
        await apply(EXAMPLE)
        await listener.execute("SELECT 1")
        assert told.empty()
    finally:
        await listener.close()


async def test_another_master_key_is_told(engine: AsyncEngine, apply: Apply) -> None:
    """Secrets sealed with another key stop everything, with the setting's name."""
    await apply(EXAMPLE)
    with pytest.raises(ConfigurationError, match=r"security\.key_file"):
        await look(engine, wish(EXAMPLE), Keyring(bytes(32)))
