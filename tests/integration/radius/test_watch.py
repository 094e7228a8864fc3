"""Open sessions that must end or change: found in the database, asked of the NAS, and only once."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from pyrad.packet import CoARequest, DisconnectRequest

from radius.coa_watcher import Watcher
from territory.database.components import Component
from tests.conftest import FixedClock
from tests.integration.radius.conftest import Lab
from tests.integration.radius.test_coa import DEVICE, point
from tests.servers.coa_gateway import CoaGateway, listening
from tests.servers.radius import Credential, report

ASKED = "select kind, requested_by from live.command"


@pytest.fixture(autouse=True)
def nobody_else_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's own watcher looks once, at its start, however long a test takes."""
    monkeypatch.setattr("radius.coa_watcher.EVERY_SECONDS", 3600.0)


@pytest.fixture
async def gateway(lab: Lab) -> AsyncIterator[CoaGateway]:
    """A gateway that knows session s-1."""
    async with listening("s-1") as gateway:
        await point(lab, "mairie-nas", gateway.port)
        yield gateway


class Watch:
    """A watcher of the test's own, that looks when it is told to."""

    def __init__(self, lab: Lab, connection: Any) -> None:
        self._watcher = Watcher(connection, lab.server.directory, lab.clock)
        self._connection = connection

    async def look(self) -> None:
        """Look once."""
        await self._watcher.look(self._connection)


@pytest.fixture
async def watch(
    lab: Lab, gateway: CoaGateway, role_url: Callable[[Component], str]
) -> AsyncIterator[Watch]:
    """The watcher, with RADIUS's own rights in the database."""
    connection = await asyncpg.connect(role_url(Component.RADIUS))
    watch = Watch(lab, connection)
    await watch.look()
    yield watch
    await connection.close()


async def online(lab: Lab, **counters: int) -> Credential:
    """Open session s-1 of a fresh admission, with what it has used."""
    credential = await lab.grant()
    await lab.access.ask(lab.access.log_in(credential, DEVICE))
    start = report(1, "s-1", credential, DEVICE)
    await lab.accounting.ask(lab.accounting.accounting_request(start))
    if counters:
        interim = report(3, "s-1", credential, DEVICE, **counters)
        await lab.accounting.ask(lab.accounting.accounting_request(interim))
    return credential


async def asked_by(lab: Lab) -> list[tuple[str, str]]:
    """Return the commands there are, once each has its result."""
    done = f"{ASKED} where finished_at is null"
    await lab.rows_once(done, lambda rows: not rows)
    return [(row["kind"], row["requested_by"]) for row in await lab.rows(ASKED)]


def advance(lab: Lab, **duration: float) -> datetime:
    """Move the clock, and return its instant."""
    assert isinstance(lab.clock, FixedClock)
    lab.clock.advance(**duration)
    return lab.clock.now()


async def test_a_right_taken_back(lab: Lab, watch: Watch, gateway: CoaGateway) -> None:
    """A log-out whose gateway never heard of it, or a revocation: closed after five seconds."""
    await online(lab)
    await watch.look()
    assert await lab.rows(ASKED) == []
    await lab.rows("update live.admission set revoked_at = $1", lab.clock.now())
    advance(lab, seconds=6)
    await watch.look()
    await watch.look()
    assert await asked_by(lab) == [("disconnect", "watch.revoked")]
    assert [request.code for request in gateway.requests()] == [DisconnectRequest]


async def test_a_quota_that_no_attribute_carries(lab: Lab, watch: Watch) -> None:
    """By interim accounting: 600 octets up and 500 down of 1 000."""
    await lab.rows("update territory.plan set session_octets = 1000")
    await lab.rows("update territory.nas set attribute_sets = '{standard}'")
    await online(lab, seconds=60, upload=600, download=300)
    await watch.look()
    assert await lab.rows(ASKED) == []
    await lab.rows("update live.session set download_octets = 500")
    await watch.look()
    assert await asked_by(lab) == [("disconnect", "watch.used_up")]


async def test_a_place_that_has_closed(lab: Lab, watch: Watch) -> None:
    """15 h in Paris; it closes at 15 h 30, and its Session-Timeout has a minute."""
    await online(lab)
    await lab.told("update territory.site set hours = 'Mo-Su 08:00-15:30'")
    advance(lab, minutes=30)
    await watch.look()
    assert await lab.rows(ASKED) == []
    advance(lab, minutes=1)
    await watch.look()
    assert await asked_by(lab) == [("disconnect", "watch.closed")]


async def test_a_device_that_is_blocked(lab: Lab, watch: Watch) -> None:
    """At once; not one whose block is over."""
    await online(lab)
    block = (
        "insert into live.block (id, kind, device, reason, author, created_at, until)"
        " values ($1, 'device', $2::text::macaddr, 'essai', 'test', $3, $4)"
    )
    now = lab.clock.now()
    await lab.rows(block, uuid4(), DEVICE, now, now)
    await watch.look()
    assert await lab.rows(ASKED) == []
    await lab.rows(block, uuid4(), DEVICE, now, None)
    await watch.look()
    assert await asked_by(lab) == [("disconnect", "watch.blocked")]


async def test_a_guest_who_is_slowed_down(lab: Lab, watch: Watch, gateway: CoaGateway) -> None:
    """A day's volume is used up in a plan that slows down: a CoA-Request with the slow rates."""
    await lab.told(
        "update territory.plan set day_octets = 1000, at_end = 'slow', slow_download_bps = 64000"
    )
    await watch.look()
    await online(lab, seconds=60, upload=600, download=500)
    await watch.look()
    await watch.look()
    assert await asked_by(lab) == [("coa", "watch.slow")]
    (request,) = gateway.requests()
    assert request.code == CoARequest
    assert request["CoovaChilli-Bandwidth-Max-Down"] == [64]


async def test_a_plan_that_changes(lab: Lab, watch: Watch, gateway: CoaGateway) -> None:
    """Its open sessions are told, those of other plans are not."""
    await online(lab)
    change = "update territory.plan set upload_bps = 512000 where code = '{}-plan'"
    await lab.told(change.format("gare"))
    await watch.look()
    assert await lab.rows(ASKED) == []
    await lab.told(change.format("mairie"))
    await watch.look()
    found = await asked_by(lab)
    assert set(found) == {("coa", "watch.plan_changed")}
    assert gateway.requests()[0]["CoovaChilli-Bandwidth-Max-Up"] == [512]


async def test_a_device_too_many(lab: Lab, watch: Watch, gateway: CoaGateway) -> None:
    """Two were let in at once, or the plan allows fewer now: the one that came last is ended."""
    ticket = uuid4()
    await lab.told("update territory.plan set devices = 1")
    await watch.look()
    first = await lab.grant(guest_id=ticket)
    await lab.accounting.ask(
        lab.accounting.accounting_request(report(1, "s-0", first, "02-00-00-00-00-02"))
    )
    await watch.look()
    assert await lab.rows(ASKED) == []
    advance(lab, seconds=10)
    second = await lab.grant(guest_id=ticket)
    await lab.accounting.ask(lab.accounting.accounting_request(report(1, "s-1", second, DEVICE)))
    await watch.look()
    await watch.look()
    assert await asked_by(lab) == [("disconnect", "watch.too_many_devices")]
    (request,) = gateway.requests()
    assert request["Acct-Session-Id"] == ["s-1"]
