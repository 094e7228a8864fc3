"""The portal: what a log-in costs, what its first page weighs, and a crowd that arrives at once.

There is no peer whose log-in does the same, so each is held to a budget instead: the ratio says how
many times below it we stay.
"""

import asyncio
import itertools
import random
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import quantiles

import aiohttp

from territory.database.components import Component
from tests.benchmarks.arena import Arena, middle
from tests.benchmarks.cpu import cpu_seconds
from tests.benchmarks.ours import Socle
from tests.benchmarks.phones import LoggedIn, log_in
from tests.benchmarks.registry import Figures, Goal, Spoiled, benchmark
from tests.benchmarks.servers import SHARED_SECRET, START_SECONDS, ServerProcess
from tests.benchmarks.wire import Subscriber, Verifier, encode_access_request

CPU_BUDGET_MS = 2.0
FIRST_PAGE_OCTETS = 14_336
CROWD, CROWD_SECONDS = 500, 60.0
RADIUS_BUDGET_MS = 10.0
LANES = 4
"""Phones that log in at the same time, one after another."""


@dataclass(frozen=True, slots=True)
class Portal:
    """The portal as it is shipped, beside RADIUS, on one database."""

    socle: Socle
    process: ServerProcess
    url: str


_NUMBERS = itertools.count(1)
"""Of phones; none comes twice in a run."""


@contextmanager
def portal_of(socle: Socle) -> Iterator[Portal]:
    """Run the portal until the context ends."""
    port, metrics = free_tcp_ports(2)
    url = f"http://127.0.0.1:{port}"
    process = socle.serve(
        Component.PORTAL,
        SOCLE_DEMO="true",
        SOCLE_PORTAL__HOST="127.0.0.1",
        SOCLE_PORTAL__PORT=str(port),
        SOCLE_PORTAL__PUBLIC_URL=url,
        SOCLE_PORTAL__TRUSTED_PROXIES='["127.0.0.1"]',
        SOCLE_METRICS__HOST="127.0.0.1",
        SOCLE_METRICS__PORTAL_PORT=str(metrics),
    )
    try:
        asyncio.run(_first_answer(process, url))
        yield Portal(socle, process, url)
    finally:
        process.stop()


def free_tcp_ports(count: int) -> list[int]:
    """Return free ports on loopback, told apart by holding them all at once."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in held]
    for each in held:
        each.close()
    return ports


async def _first_answer(process: ServerProcess, url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    async with _session() as session:
        while process.running and time.monotonic() < deadline:
            try:
                await log_in(session, url, next(_NUMBERS))
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.1)
            else:
                return
    raise Spoiled(f"the portal does not answer: {process.output}")


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(), headers={"Accept-Language": "fr"}
    )


def _started(arena: Arena) -> Portal:
    socle = arena.share("Socle", lambda: Socle(arena.cluster(), arena.options.subscribers))
    return arena.share("the portal", lambda: portal_of(socle))


@benchmark(
    "portal.login_cpu_ms",
    unit="ms of server CPU a log-in",
    goal=Goal(1.0, floor=0.5),
    better="less",
)
def login_cpu(arena: Arena) -> Figures:
    """First page, form and hand-back, each phone new; against a budget of 2 ms."""
    portal = _started(arena)
    costs, walls = [], []
    for _ in range(arena.options.rounds):
        before = cpu_seconds(portal.process.id)
        done = asyncio.run(_log_ins(portal, arena.options.seconds))
        cost = (cpu_seconds(portal.process.id) - before) * 1000 / len(done)
        costs.append(cost)
        walls.append(_p99([each.seconds for each in done]))
        arena.say(f"{len(done) / arena.options.seconds:8.0f} log-ins/s   CPU {cost:.2f} ms each")
    conditions: dict[str, str | int | float | list[float]] = {
        "peer": "a budget",
        "at_once": LANES,
        "window_seconds": arena.options.seconds,
        "rounds": arena.options.rounds,
        "each_round_ms": [round(cost, 3) for cost in costs],
        "login_p99_ms": middle(walls),
    }
    return Figures(middle(costs), CPU_BUDGET_MS, conditions)


@benchmark(
    "portal.first_page_bytes", unit="octets on the wire", goal=Goal(1.0, floor=1.0), better="less"
)
def first_page(arena: Arena) -> Figures:
    """The first page, which has no resource but itself; against what the first packets hold."""
    portal = _started(arena)
    (page,) = asyncio.run(_log_ins(portal, 0.0, lanes=1))
    return Figures(page.page_octets, FIRST_PAGE_OCTETS, {"peer": "a budget", "encoding": "gzip"})


@benchmark(
    "portal.crowd_radius_p99_ms",
    unit="ms until the Access-Accept, p99",
    goal=Goal(1.0, floor=0.3),
    better="less",
)
def crowd(arena: Arena) -> Figures:
    """500 guests within a minute, by the portal and then by RADIUS; against 10 ms of RADIUS."""
    portal = _started(arena)
    waited = asyncio.run(_crowd(portal))
    p99 = _p99(waited)
    arena.say(f"{len(waited)} guests in {CROWD_SECONDS:.0f} s   RADIUS p99 {p99:.2f} ms")
    conditions: dict[str, str | int | float | list[float]] = {
        "peer": "a budget",
        "guests": CROWD,
        "seconds": CROWD_SECONDS,
        "p50_ms": round(quantiles(waited)[1] * 1000, 2),
    }
    return Figures(p99, RADIUS_BUDGET_MS, conditions)


async def _log_ins(portal: Portal, seconds: float, lanes: int = LANES) -> list[LoggedIn]:
    """Have phones log in, one after another in each lane, until the time is over."""
    deadline = time.monotonic() + seconds

    async def lane(session: aiohttp.ClientSession) -> list[LoggedIn]:
        done = [await log_in(session, portal.url, next(_NUMBERS))]
        while time.monotonic() < deadline:
            done.append(await log_in(session, portal.url, next(_NUMBERS)))
        return done

    async with _session() as session:
        found = await asyncio.gather(*(lane(session) for _ in range(lanes)))
    return [each for lane_of in found for each in lane_of]


async def _crowd(portal: Portal) -> list[float]:
    """Have a crowd log in at random moments of a minute; return how long RADIUS took, seconds."""
    moments = sorted(random.uniform(0, CROWD_SECONDS) for _ in range(CROWD))
    began = asyncio.get_running_loop().time()

    async def guest(session: aiohttp.ClientSession, moment: float) -> float:
        await asyncio.sleep(began + moment - asyncio.get_running_loop().time())
        number = next(_NUMBERS)
        name = (await log_in(session, portal.url, number)).user_name
        subscriber = Subscriber(name, portal.socle.password(name), number)
        return await _accepted(portal.socle.authentication_port, subscriber)

    async with _session() as session:
        return await asyncio.gather(*(guest(session, moment) for moment in moments))


async def _accepted(port: int, subscriber: Subscriber) -> float:
    """Ask RADIUS to let a subscriber in; return how long it took, in seconds."""
    loop = asyncio.get_running_loop()
    authenticator = random.randbytes(16)
    request = encode_access_request(subscriber, SHARED_SECRET, 1, authenticator)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.setblocking(False)
        asking.connect(("127.0.0.1", port))
        began = loop.time()
        await loop.sock_sendall(asking, request)
        async with asyncio.timeout(5):
            reply = await loop.sock_recv(asking, 4096)
        waited = loop.time() - began
    if fault := Verifier(SHARED_SECRET).fault(reply, authenticator):
        raise Spoiled(f"a wrong answer: {fault}")
    return waited


def _p99(seconds: list[float]) -> float:
    return round(quantiles(seconds, n=100)[98] * 1000, 2)
