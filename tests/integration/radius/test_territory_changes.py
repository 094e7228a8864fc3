"""The server follows the territory: a new NAS, a new secret, a plan that changed, a bad secret."""

import asyncio
from datetime import timedelta

from territory.keyring import Keyring
from tests.integration.radius.conftest import WAIT_SECONDS, Lab
from tests.servers.radius import Nas, attribute

DEVICE = "8A-56-7E-F9-10-E4"
STRANGER = "127.0.0.7"
MOVE = "update territory.nas set source_address = $1::text::inet where code = 'mairie-nas'"


async def answered(nas: Nas) -> None:
    """Return once the server answers this NAS."""
    await nas.until_answered()


async def test_a_nas_that_moves_is_known_where_it_is_now(lab: Lab) -> None:
    """By the address its packets come from, as soon as the territory is notified."""
    async with Nas(lab.access.port, address=STRANGER) as moved:
        assert await moved.is_silent(moved.access_request(attribute(1, "x")))
        await lab.rows(MOVE, STRANGER)
        await lab.rows("notify territory")
        await answered(moved)
    assert await lab.access.is_silent(lab.access.access_request(attribute(1, "x")))


async def test_a_new_secret_replaces_the_old(lab: Lab) -> None:
    """Sealed at rest, opened by the keyring."""
    fresh = "another-secret-of-24-characters"
    sealed = lab.keyring.seal(fresh)
    await lab.rows("update territory.nas set shared_secret_sealed = $1", sealed)
    await lab.rows("notify territory")
    async with Nas(lab.access.port, secret=fresh.encode()) as nas:
        await answered(nas)
    assert await lab.access.is_silent(lab.access.access_request(attribute(1, "x")))


async def test_a_secret_nobody_can_open_costs_that_nas_only(lab: Lab) -> None:
    """Sealed with another master key: that NAS is unknown, the others go on."""
    sealed = Keyring(bytes(32)).seal("a secret of another installation")
    await lab.rows(
        "update territory.nas set shared_secret_sealed = $1 where code = 'mairie-nas'", sealed
    )
    await lab.rows("notify territory")
    async with asyncio.timeout(WAIT_SECONDS):
        while not await lab.access.is_silent(lab.access.access_request(attribute(1, "x"))):
            pass
    async with Nas(lab.access.port, address="127.0.0.3") as gare:
        await answered(gare)


async def test_a_plan_made_this_moment_is_read_when_it_is_met(lab: Lab) -> None:
    """No notification needed: the first request waits for the NAS's retransmission."""
    await lab.rows(
        "insert into territory.plan select gen_random_uuid(), 'fresh', name, session_seconds, 111,"
        " interim_seconds, upload_bps, download_bps, session_octets, mac_authentication"
        " from territory.plan where code = 'mairie-plan'"
    )
    plan = await lab.row("select id from territory.plan where code = 'fresh'")
    ends_at = lab.clock.now() + timedelta(hours=1)
    credential = await lab.grant("mairie", plan_id=plan["id"], ends_at=ends_at)
    packet = lab.access.log_in(credential, DEVICE)
    async with asyncio.timeout(WAIT_SECONDS):
        while await lab.access.is_silent(packet):
            pass
    assert (await lab.access.ask(packet)).number(28) == 111


async def test_a_newer_version_s_word_costs_that_nas_only(lab: Lab) -> None:
    """Its way of writing a MAC address is not known here: silence; the others go on."""
    await lab.rows(
        "update territory.nas set mac_user_name = 'AA:BB:CC-NEW' where code = 'mairie-nas'"
    )
    await lab.rows("notify territory")
    async with asyncio.timeout(WAIT_SECONDS):
        while not await lab.access.is_silent(lab.access.access_request(attribute(1, "x"))):
            pass
    async with Nas(lab.access.port, address="127.0.0.3") as gare:
        await answered(gare)


async def test_a_newer_version_s_words_in_plans_end_nothing(lab: Lab) -> None:
    """A level nobody here can judge opens no return by MAC address; NAS are answered as before."""
    before = lab.server.directory.house
    await lab.rows("update territory.plan set least_level = 'retina', at_end = 'borrow'")
    await lab.rows("notify territory")
    async with asyncio.timeout(WAIT_SECONDS):
        while lab.server.directory.house is before:  # noqa: ASYNC110
            await asyncio.sleep(0)
    assert set(lab.server.directory.house.methods.values()) == {frozenset()}
    await answered(lab.access)
