"""One device's SNMP against Debian's snmpd, and against agents that answer anything else."""

import asyncio
import itertools
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from supervision.snmp.objects import IF_TYPE, SYS_OBJECT_ID, SYS_UP_TIME
from supervision.snmp.session import MOST_ROWS, Session, Unanswered
from territory.model import SnmpEntry
from territory.vocabulary import SnmpAuthentication, SnmpPrivacy, SnmpVersion
from tests.servers.snmpd import ADDRESS, PASSWORD, UNIFI, Agent, agent, misbehaving

QUICK, PATIENT = 0.2, 15.0
UPTIME = SYS_UP_TIME.oid


@pytest.fixture
async def snmpd(tmp_path: Path) -> AsyncIterator[Agent]:
    """A UniFi access point, as far as its tables tell."""
    async with agent(tmp_path, UNIFI) as running:
        yield running


def accesses(snmpd: Agent) -> list[SnmpEntry]:
    """Every level there is."""
    strong = {
        "user": "fort",
        "auth": SnmpAuthentication.SHA512,
        "priv": SnmpPrivacy.AES256,
        "auth_secret": PASSWORD,
        "priv_secret": PASSWORD,
    }
    signed = {"user": "signe", "auth": SnmpAuthentication.SHA1, "auth_secret": PASSWORD}
    v3 = {"version": SnmpVersion.V3, "port": snmpd.port}
    return [
        snmpd.v2c,
        snmpd.v3,
        SnmpEntry.model_validate({**v3, **strong}),
        SnmpEntry.model_validate({**v3, **signed}),
    ]


async def test_every_level_is_answered(snmpd: Agent) -> None:
    """v2c, authNoPriv, authPriv with AES-128 and AES-256; what a device has not is absent."""
    for access in accesses(snmpd):
        session = Session(ADDRESS, access, PATIENT)
        found = await session.get([SYS_OBJECT_ID, UPTIME, "1.3.6.1.4.1.9999.1.0"])
        assert found[SYS_OBJECT_ID] == "1.3.6.1.4.1.41112"
        assert found.keys() == {SYS_OBJECT_ID, UPTIME}
        assert await session.walk("1.3.6.1.4.1.41112.1.6.1.2.1.8") == {"1": 7, "2": 5}
        assert 24 in (await session.walk(IF_TYPE)).values(), "loopback"


async def test_wrong_secrets_are_silence(snmpd: Agent) -> None:
    """A wrong community, password or user is told as no answer, within the tries' time."""
    wrong = (
        snmpd.v2c.model_copy(update={"community": "fausse"}),
        snmpd.v3.model_copy(update={"auth_secret": "faux-secret"}),
        snmpd.v3.model_copy(update={"priv_secret": "faux-secret"}),
        snmpd.v3.model_copy(update={"user": "personne"}),
    )
    for access in wrong:
        with pytest.raises(Unanswered):
            await Session(ADDRESS, access, QUICK).get([UPTIME])


async def test_many_at_once_wait_for_each_other(snmpd: Agent) -> None:
    """One question in flight: ten callers of one session all get their own answer."""
    for access in (snmpd.v2c, snmpd.v3):
        session = Session(ADDRESS, access, PATIENT)
        found = await asyncio.gather(*(session.get([UPTIME]) for _ in range(10)))
        assert all(isinstance(one[UPTIME], int) for one in found)


async def test_another_engine_is_met_anew(snmpd: Agent) -> None:
    """A replaced access point has another engine: asked again, and answered, in the same call."""
    session = Session(ADDRESS, snmpd.v3, 1.0)
    await session.get([UPTIME])
    snmpd.stop()
    with pytest.raises(Unanswered):
        await session.get([UPTIME])
    snmpd.become_another()
    await snmpd.start()
    assert UPTIME in await session.get([UPTIME])


async def test_another_engine_between_two_questions(snmpd: Agent) -> None:
    """The same, where nobody asked meanwhile."""
    session = Session(ADDRESS, snmpd.v3, 2.0)
    await session.get([UPTIME])
    snmpd.stop()
    snmpd.become_another()
    await snmpd.start()
    assert UPTIME in await session.get([UPTIME])


def v2c(port: int) -> SnmpEntry:
    """An access to an agent that misbehaves."""
    return SnmpEntry(version=SnmpVersion.V2C, port=port, community="lecture")


@dataclass(slots=True)
class Late:
    """Keeps each answer back until the next question, which it then answers with both."""

    answer: Callable[[bytes], bytes]
    kept: bytes | None = None

    def __call__(self, question: bytes) -> list[bytes]:
        """Answer the question before."""
        before, self.kept = self.kept, self.answer(question)
        return [] if before is None else [before, self.kept]


async def relayed(port: int, question: bytes) -> bytes:
    """What the real agent says to a question."""
    loop = asyncio.get_running_loop()
    heard: asyncio.Future[bytes] = loop.create_future()

    class Relay(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: object) -> None:
            if not heard.done():
                heard.set_result(data)

    transport, _ = await loop.create_datagram_endpoint(Relay, remote_addr=(ADDRESS, port))
    transport.sendto(question)
    try:
        return await asyncio.wait_for(heard, 60)
    finally:
        transport.close()


def to_question(template: bytes, question: bytes) -> bytes:
    """A recorded answer under the request-id of another question (both of four octets)."""
    return template.replace(request_id(template), request_id(question), 1)


def request_id(packet: bytes) -> bytes:
    """The first INTEGER inside a v2c PDU: after the community, the PDU's tag and length."""
    community = packet.index(b"lecture") + len(b"lecture")
    start = packet.index(b"\x02", community + 2)
    return packet[start : start + 2 + packet[start + 1]]


async def recorded(snmpd: Agent) -> tuple[bytes, bytes]:
    """A real question for the uptime, and its real answer."""
    questions: list[bytes] = []

    def keep(question: bytes) -> list[bytes]:
        questions.append(question)
        return []

    with misbehaving(keep) as port, pytest.raises(Unanswered):
        await Session(ADDRESS, v2c(port), QUICK / 4).get([UPTIME])
    return questions[0], await relayed(snmpd.port, questions[0])


async def test_a_late_answer_is_nobody_s(snmpd: Agent) -> None:
    """The answer to an earlier try never passes for that of the present one."""
    _, template = await recorded(snmpd)
    with misbehaving(Late(lambda question: to_question(template, question))) as port:
        session = Session(ADDRESS, v2c(port), 1.0)
        first = await session.get([UPTIME])
        assert first.keys() == {UPTIME}


async def test_an_answer_broken_anywhere(snmpd: Agent) -> None:
    """One octet after the other is another: also where the library's own decoder panics."""
    _, template = await recorded(snmpd)
    places = itertools.cycle(range(len(template)))

    def broken(question: bytes) -> list[bytes]:
        whole = bytearray(to_question(template, question))
        whole[next(places)] ^= 1
        return [bytes(whole)]

    with misbehaving(broken) as port:
        for _ in template:
            with suppress(Unanswered):
                await Session(ADDRESS, v2c(port), QUICK / 20).get([UPTIME])


async def test_garbage_is_silence(snmpd: Agent) -> None:
    """Random octets, cut answers and flipped bits: an answer or `Unanswered`, nothing else."""
    chance = random.Random(1157)
    _, template = await recorded(snmpd)

    def broken(question: bytes) -> list[bytes]:
        whole = bytearray(to_question(template, question))
        match chance.randrange(4):
            case 0:
                return [chance.randbytes(chance.randrange(1, 1400))]
            case 1:
                return [bytes(whole[: chance.randrange(len(whole))])]
            case 2:
                whole[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
                return [bytes(whole)]
            case _:
                return [bytes(whole) + chance.randbytes(60_000)]

    with misbehaving(broken) as port:
        for _ in range(60):
            try:
                found = await Session(ADDRESS, v2c(port), QUICK / 20).get([UPTIME])
            except Unanswered:
                continue
            assert len(found) <= 1


async def test_a_table_without_an_end_is_cut(tmp_path: Path) -> None:
    """An agent may hold 10 MB of rows: a walk takes some, and stops."""
    rows = (f"override .1.3.6.1.4.1.9999.1.{n} octet_str {'x' * 200}\n" for n in range(400))
    async with agent(tmp_path, "".join(rows)) as snmpd:
        found = await Session(ADDRESS, snmpd.v2c, PATIENT).walk("1.3.6.1.4.1.9999.1")
    assert len(found) == MOST_ROWS


async def test_an_answer_too_big_is_asked_in_parts(tmp_path: Path) -> None:
    """An agent that cannot fit an answer in one packet gives it in smaller ones."""
    names = [f"1.3.6.1.4.1.9999.1.{n}" for n in range(24)]
    rows = (f"override .{name} octet_str {'x' * 60}\n" for name in names)
    small = "sendMessageMaxSize 1000\n"
    async with agent(tmp_path, small + "".join(rows)) as snmpd:
        found = await Session(ADDRESS, snmpd.v2c, PATIENT).get(names)
    assert found.keys() == set(names)


async def test_silence_takes_three_tries() -> None:
    """A packet lost twice is still answered; a device that says nothing takes three timeouts."""
    heard: list[bytes] = []

    def silent(question: bytes) -> list[bytes]:
        heard.append(question)
        return []

    with misbehaving(silent) as port:
        began = time.monotonic()
        with pytest.raises(Unanswered):
            await Session(ADDRESS, v2c(port), 0.05).get([UPTIME])
    assert len(heard) == 3
    assert time.monotonic() - began >= 0.15
