"""Two devices and one credential at the same instant: in two batches, in two servers."""

import asyncio
from collections.abc import Callable

import asyncpg
import pytest

from radius.exchange import ACCESS
from territory.database.components import Component
from tests.integration.radius.conftest import WAIT_SECONDS, Lab
from tests.servers.radius import Nas, running_radius

DEVICE, OTHER = "8A-56-7E-F9-10-E4", "02-00-00-00-00-02"
BIND = (
    "insert into live.binding (admission_id, device, site_id, bound_at)"
    " select id, $1::text::macaddr, site_id, created_at from live.admission"
)


@pytest.mark.parametrize(("bound_to", "code"), [(OTHER, 3), (DEVICE, 2)])
async def test_a_binding_under_way_elsewhere_is_waited_for(
    lab: Lab, bound_to: str, code: int
) -> None:
    """The statement sees the admission free, waits for the lock, binds nothing: read again."""
    credential = await lab.grant()
    elsewhere = await asyncpg.connect(lab.owner_url)
    try:
        transaction = elsewhere.transaction()
        await transaction.start()
        await elsewhere.execute(BIND, bound_to)
        waiting = asyncio.create_task(lab.access.ask(lab.access.log_in(credential, DEVICE)))
        blocked = """select from pg_stat_activity
            where wait_event_type = 'Lock' and datname = current_database()"""
        await lab.rows_once(blocked, lambda rows: len(rows) == 1)
        await transaction.commit()
        assert (await waiting).code == code
    finally:
        await elsewhere.close()


async def test_two_servers_bind_each_credential_once(
    lab: Lab, role_url: Callable[[Component], str]
) -> None:
    """Any number of processes on one database: one device each, whoever it is."""
    credentials = [await lab.grant() for _ in range(60)]
    url = role_url(Component.RADIUS)
    async with (
        running_radius(url, lab.keyring, lab.clock) as second,
        Nas(second.port(ACCESS)) as nas,
    ):
        await nas.until_answered()
        pairs = []
        for n, credential in enumerate(credentials):
            one, two = (DEVICE, OTHER) if n % 2 else (OTHER, DEVICE)
            pairs.append(lab.access.insist(lab.access.log_in(credential, one)))
            pairs.append(nas.insist(nas.log_in(credential, two)))
        replies = await asyncio.wait_for(asyncio.gather(*pairs), WAIT_SECONDS)
    codes = [reply[0] for reply in replies]
    both = [sorted(codes[n : n + 2]) for n in range(0, len(codes), 2)]
    assert both == [[2, 3]] * 60
