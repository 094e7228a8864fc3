"""Rounds over real links, a real database and a fleet that fails in every way at once."""

import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from time import process_time
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from supervision.controllers.poller import Controllers
from supervision.landmarks import Address, Landmarks
from supervision.metrics import Metrics
from supervision.poll import Pinger
from supervision.rounds import Rounds, no_tunnel
from supervision.sampling import sample
from supervision.snmp.poller import Poller
from supervision.watch import Askers, Watch
from territory.clock import SystemClock
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.database.tables import (
    access_point,
    equipment_state,
    maintenance,
    site,
    site_sample,
    state_change,
)
from territory.health.states import State
from territory.keyring import Keyring
from tests.integration.supervision.ground import (
    DescribedSite,
    VanishingHost,
    describe_site,
    run,
    vanishing_host,
)
from tests.servers.outage import cut_all_others

pytestmark = pytest.mark.namespace

INTERVAL = timedelta(seconds=0.6)
TIMEOUT_SECONDS = 0.25
MOST_ROUNDS = 20
RoleUrl = Callable[[Component], str]


@asynccontextmanager
async def rounds_on(
    url: str,
    keyring: Keyring,
    *,
    interval: timedelta = INTERVAL,
    timeout_seconds: float = TIMEOUT_SECONDS,
    landmarks: Sequence[Address] = (),
) -> AsyncIterator[Rounds]:
    """Supervision's rounds under its own role, carried out by whoever asks."""
    clock, metrics, engine = SystemClock(), Metrics(), open_engine(url)
    pinger, poller = Pinger(clock, timeout_seconds), Poller(keyring, clock, timeout_seconds)
    askers = Askers(
        pinger,
        poller,
        Landmarks(pinger, clock, landmarks, interval.total_seconds()),
        Controllers(clock),
    )
    try:
        yield Rounds(engine, Watch(askers, clock, metrics), no_tunnel, interval)
    finally:
        await pinger.close()
        await engine.dispose()


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[AsyncEngine]:
    """The database as its owner."""
    engine = open_engine(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture
def host() -> Iterator[VanishingHost]:
    """A host on a link that can be cut."""
    with vanishing_host() as made:
        yield made


@pytest.fixture
async def described(database_url: str, host: VanishingHost) -> DescribedSite:
    """A site whose access point is that host."""
    return await describe_site(database_url, "mairie", access_point_address=str(host.address))


async def rows(engine: AsyncEngine, query: Any) -> Sequence[Any]:
    """What a query finds."""
    async with engine.connect() as connection:
        return (await connection.execute(query)).all()


async def execute(engine: AsyncEngine, *statements: Any) -> None:
    """Carry statements out."""
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(statement)


async def carry_out(rounds: Rounds, times: int) -> None:
    """So many rounds, one after another."""
    for _ in range(times):
        await rounds.once()


async def until_it_is(rounds: Rounds, state: State, *sites: str) -> None:
    """Rounds until the access point of each of these sites is so, with the database or without.

    On a busy machine a link that was mended may need several, and what was asked in vain proves
    nothing.
    """
    wanted = [f'{{kind="access_point",site="{site}",state="{state}"}} 1.0' for site in sites]
    for _ in range(MOST_ROUNDS):
        await rounds.once()
        if all(each in rounds._metrics.equipment for each in wanted):
            return
    pytest.fail(f"never {state}")


async def told(engine: AsyncEngine, piece: UUID) -> list[tuple[str, str]]:
    """The states it went through, each with its reason."""
    changes = select(state_change).where(state_change.c.equipment_id == piece)
    found = await rows(engine, changes.order_by(state_change.c.number))
    return [(change.state, change.reason) for change in found]


async def turn_away(owner: AsyncEngine, *, everybody: bool) -> None:
    """Cut every component off from the database, or let them in again; its owner may look."""
    name = owner.url.database
    limit = text(f'ALTER DATABASE "{name}" CONNECTION LIMIT {0 if everybody else -1}')
    await execute(owner, limit)
    await cut_all_others(owner)


async def test_an_outage_while_the_database_is_away_is_kept_when_it_is_back(
    owner: AsyncEngine,
    database_url: str,
    role_url: RoleUrl,
    keyring: Keyring,
    host: VanishingHost,
    described: DescribedSite,
) -> None:
    """Rounds go on without it; the outage and its end are both told, at their own time."""
    async with rounds_on(role_url(Component.SUPERVISION), keyring) as rounds:
        await until_it_is(rounds, State.UP, described.code)
        await turn_away(owner, everybody=True)
        host.cut()
        cut_at = datetime.now(UTC)
        await until_it_is(rounds, State.DOWN, described.code)
        host.mend()
        await until_it_is(rounds, State.UP, described.code)
        mended_by = datetime.now(UTC)
        assert await told(owner, described.access_point_id) == [("up", "answers")]
        await turn_away(owner, everybody=False)
        await carry_out(rounds, 1)
    assert await told(owner, described.access_point_id) == [
        ("up", "answers"),
        ("down", "silent"),
        ("up", "answers"),
    ]
    found = await rows(owner, select(state_change.c.at).order_by(state_change.c.number))
    assert all(cut_at < row.at < mended_by for row in found[-2:])


async def test_what_falls_silent_is_looked_at_again_soon(
    described: DescribedSite,
    host: VanishingHost,
    owner: AsyncEngine,
    role_url: RoleUrl,
    keyring: Keyring,
) -> None:
    """Two looks of one round find nothing, and it is down; where asked in vain, in a later one."""
    is_down = select(state_change).where(state_change.c.state == "down")
    changes: Sequence[Any] = ()
    began_at: list[datetime] = []
    async with rounds_on(role_url(Component.SUPERVISION), keyring) as rounds:
        await until_it_is(rounds, State.UP, described.code)
        host.cut()
        while not changes:
            began_at.append(datetime.now(UTC))
            await rounds.once()
            changes = await rows(owner, is_down)
    (change,) = changes
    first, last = change.evidence["readings"][-2:]
    assert (first["round_trip_seconds"], last["round_trip_seconds"]) == (None, None)
    told_to = timedelta(seconds=0.1)
    since = change.at - timedelta(seconds=first["seconds_before"]) + told_to
    until = change.at - timedelta(seconds=last["seconds_before"]) - told_to
    assert not [began for began in began_at if since < began < until], "another round between them"


async def test_our_own_network_away_marks_nothing_down(
    owner: AsyncEngine,
    role_url: RoleUrl,
    keyring: Keyring,
    host: VanishingHost,
    described: DescribedSite,
) -> None:
    """With the landmark silent too, what was up is no longer known, and is up again at once."""
    url = role_url(Component.SUPERVISION)
    async with rounds_on(url, keyring, landmarks=[host.address]) as rounds:
        await until_it_is(rounds, State.UP, described.code)
        host.cut()
        await until_it_is(rounds, State.UNKNOWN, described.code)
        await carry_out(rounds, 2)
        host.mend()
        await until_it_is(rounds, State.UP, described.code)
    states = await told(owner, described.access_point_id)
    assert states[:2] == [("up", "answers"), ("unknown", "own_network")]
    assert states[-1] == ("up", "answers")
    assert "down" not in dict(states)


async def test_what_is_announced_is_judged_and_marked_and_what_is_closed_sleeps(
    owner: AsyncEngine,
    database_url: str,
    role_url: RoleUrl,
    keyring: Keyring,
    host: VanishingHost,
    described: DescribedSite,
) -> None:
    """Maintenance shows in the state as planned; a closed place's silence is sleep, by its hours.

    A sample of that moment has the state, and no round trip.
    """
    closed = await describe_site(
        database_url,
        "ecole",
        nas_address="127.0.0.10",
        access_point_address=str(host.address),
        hours="off",
    )
    now = datetime.now(UTC)
    window = {
        "id": uuid4(),
        "site_id": described.site_id,
        "begins_at": now,
        "ends_at": now + timedelta(hours=1),
        "why": "changement de box",
        "asked_by": "tech@example.org",
        "asked_at": now,
    }
    async with rounds_on(role_url(Component.SUPERVISION), keyring) as rounds:
        await until_it_is(rounds, State.UP, described.code, closed.code)
        await execute(owner, insert(maintenance).values(window))
        host.cut()
        await until_it_is(rounds, State.DOWN, described.code)
        await until_it_is(rounds, State.ASLEEP, closed.code)
        await sample(owner, rounds.samples(), now)
    states = {row.equipment_id: row for row in await rows(owner, select(equipment_state))}
    worked_on, asleep = states[described.access_point_id], states[closed.access_point_id]
    assert (worked_on.state, worked_on.planned) == ("down", True)
    assert (asleep.state, asleep.reason_code, asleep.planned) == ("asleep", "closed", False)
    (change,) = await rows(owner, select(state_change).where(state_change.c.planned))
    assert (change.equipment_id, change.state) == (described.access_point_id, "down")
    samples = {row.site_id: row for row in await rows(owner, select(site_sample))}
    assert samples[described.site_id].state == "down"
    assert samples[described.site_id].round_trip_seconds is None


GONE, ALIVE, OF_EACH = 100, 4, 50
"""Sites whose every access point goes at once, sites that live on, access points of each."""


async def describe_many(owner: AsyncEngine, network: IPv4Network) -> list[UUID]:
    """Describe sites whose access points were up a moment ago; those in the first half are gone."""
    ids = [uuid4() for _ in range(GONE + ALIVE)]
    gone, alive = network.subnets()
    async with owner.begin() as connection:
        (first,) = (await connection.execute(select(site))).mappings()
        sites = [dict(first) | {"id": each, "code": f"lieu-{n}"} for n, each in enumerate(ids)]
        await connection.execute(insert(site), sites)
        radios = [
            {
                "id": uuid4(),
                "site_id": each,
                "code": f"ap-{n}-{m}",
                "name": "Borne",
                "management_address": str((gone if n < GONE else alive)[n * OF_EACH + m + 1]),
            }
            for n, each in enumerate(ids)
            for m in range(OF_EACH)
        ]
        await connection.execute(insert(access_point), radios)
        now = datetime.now(UTC)
        seen = {"kind": "access_point", "state": "up", "reason": "Répond.", "since": now}
        seen |= {"checked_at": now, "round_trip_seconds": 0.01, "reason_code": "answers"}
        states = [seen | {"equipment_id": each["id"]} for each in radios]
        await connection.execute(insert(equipment_state), states)
    return ids


async def test_five_thousand_at_once(
    owner: AsyncEngine,
    role_url: RoleUrl,
    keyring: Keyring,
    host: VanishingHost,
    described: DescribedSite,
) -> None:
    """All are soon down, by one cause; what lives is not; every change is kept.

    In two rounds where this machine has time; what it had none to ask proves nothing, and waits.

    A round takes a fraction of one core's minute, though thousands make every question wait to its
    end; that nobody waits for them is `test_poll.py`'s.
    """
    network = IPv4Network(f"10.{128 + secrets.randbelow(100)}.0.0/16")
    gone, alive = network.subnets()
    run("ip", "route", "add", str(network), "via", str(host.address))
    host.run("ip", "route", "add", "blackhole", str(gone))
    host.run("ip", "route", "add", "local", str(alive), "dev", "lo")
    ids = await describe_many(owner, network)
    interval, took = timedelta(seconds=10), list[float]()
    is_down = select(equipment_state).where(equipment_state.c.state == "down")
    down: Sequence[Any] = ()
    url = role_url(Component.SUPERVISION)
    async with rounds_on(
        url, keyring, interval=interval, timeout_seconds=0.3, landmarks=[host.address]
    ) as rounds:
        while len(down) < GONE * OF_EACH and len(took) < MOST_ROUNDS:
            began = process_time()
            await rounds.once()
            took.append(process_time() - began)
            down = await rows(owner, is_down)
    assert max(took) < 60 / 4
    assert len(down) == GONE * OF_EACH
    assert {row.reason_code for row in down} == {"common_outage"}
    changes = await rows(owner, select(state_change).where(state_change.c.state == "down"))
    assert len(changes) == GONE * OF_EACH
    assert {change.site_id for change in changes} == set(ids[:GONE])
