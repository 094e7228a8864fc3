"""A disconnect asked for by a command row, a NAS that answers it, and the row's result."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pyrad.packet import CoAPacket, DisconnectACK, DisconnectNAK

from simulation.packets import dictionary
from tests.integration.radius.conftest import Lab
from tests.servers.radius import attribute, report
from tests.servers.territory import SHARED_SECRET

DEVICE = "8A-56-7E-F9-10-E4"


class Gateway(asyncio.DatagramProtocol):
    """A NAS's CoA port, made with pyrad: knows one session, and can be deaf at first."""

    def __init__(self, session: str, *, deaf_for: int = 0) -> None:
        self.session = session
        self.deaf_for = deaf_for
        self.heard: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what answers."""
        self.transport: Any = transport

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Acknowledge a disconnect of the session, refuse any other with cause 503."""
        self.heard.append(data)
        if len(self.heard) <= self.deaf_for:
            return
        request = CoAPacket(secret=SHARED_SECRET.encode(), dict=dictionary(), packet=data)
        assert request.VerifyCoARequest()
        known = request["Acct-Session-Id"] == [self.session]
        reply = request.CreateReply()
        reply.code = DisconnectACK if known else DisconnectNAK
        if not known:
            reply["Error-Cause"] = 503
        self.transport.sendto(reply.ReplyPacket(), addr)


@pytest.fixture
async def gateway(lab: Lab) -> AsyncIterator[Gateway]:
    """A gateway that knows session s-1, where the territory says."""
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(
        lambda: Gateway("s-1"), local_addr=("127.0.0.1", 0)
    )
    port = transport.get_extra_info("sockname")[1]
    await lab.rows("update territory.nas set coa_port = $1", port)
    await lab.rows("notify territory")
    yield protocol
    transport.close()


async def session(lab: Lab, name: str) -> UUID:
    """Open a session and return its key."""
    credential = await lab.grant()
    started = lab.accounting.accounting_request(report(1, name, credential, DEVICE))
    await lab.accounting.ask(started)
    row = await lab.row("select session_key from live.session where acct_session_id = $1", name)
    return UUID(str(row["session_key"]))


async def disconnected(lab: Lab, payload: dict[str, str], seconds: float = 30) -> dict[str, Any]:
    """Ask for a disconnect and return its result."""
    number, now = uuid4(), lab.clock.now()
    await lab.rows(
        "insert into live.command (id, kind, payload, requested_by, requested_at, deadline)"
        " values ($1, 'disconnect', $2, 'test', $3, $4)",
        number, json.dumps(payload), now, now + timedelta(seconds=seconds),
    )  # fmt: skip
    rows = await lab.rows_once(
        f"select result from live.command where id = '{number}' and finished_at is not null",
        lambda rows: len(rows) == 1,
    )
    result: dict[str, Any] = json.loads(rows[0]["result"])
    return result


async def test_an_open_session_is_closed(lab: Lab, gateway: Gateway) -> None:
    """The NAS acknowledges; its own Stop will end the session."""
    result = await disconnected(lab, {"session_key": str(await session(lab, "s-1"))})
    assert result["outcome"] == "closed"
    assert len(gateway.heard) == 1


async def test_a_refusal_says_why_in_words(lab: Lab, gateway: Gateway) -> None:
    """Error-Cause 503 (RFC 5176 §3.5), in French for an operator."""
    result = await disconnected(lab, {"session_key": str(await session(lab, "s-2"))})
    assert (result["outcome"], result["error_cause"]) == ("refused", 503)
    assert "ne connaît pas cette session" in result["words"]


async def test_a_lost_request_is_sent_again_unchanged(lab: Lab, gateway: Gateway) -> None:
    """RFC 5080 §2.2.1: the same octets, so that it stays one request."""
    gateway.deaf_for = 1
    result = await disconnected(lab, {"session_key": str(await session(lab, "s-1"))})
    assert result["outcome"] == "closed"
    first, second = gateway.heard
    assert first == second


async def test_nobody_answers_before_the_deadline(lab: Lab, gateway: Gateway) -> None:
    """The row is finished all the same."""
    gateway.deaf_for = 99
    key = await session(lab, "s-1")
    result = await disconnected(lab, {"session_key": str(key)}, seconds=0.5)
    assert result["outcome"] == "no-answer"


async def test_nothing_is_sent_after_the_deadline(lab: Lab, gateway: Gateway) -> None:
    """Whoever asked has been told that it failed: it must not happen after all."""
    key = await session(lab, "s-1")
    result = await disconnected(lab, {"session_key": str(key)}, seconds=-1)
    assert result["outcome"] == "no-answer"
    assert result["words"] == "délai dépassé, rien n'a été envoyé"
    assert gateway.heard == []


async def test_a_nas_out_of_reach_is_no_answer(lab: Lab, gateway: Gateway) -> None:
    """A NAS of the other address family gets a result at once, not a try every second for ever."""
    key = await session(lab, "s-1")
    await lab.rows(
        "update territory.nas set source_address = $1::text::inet where code = 'mairie-nas'",
        "::1",
    )
    await lab.rows("notify territory")
    async with asyncio.timeout(10):
        while not await lab.access.is_silent(lab.access.access_request(attribute(1, "x"))):
            pass
    result = await disconnected(lab, {"session_key": str(key)})
    assert result["outcome"] == "no-answer"


@pytest.mark.parametrize("payload", [{}, {"session_key": "x"}, {"session_key": str(uuid4())}])
async def test_an_unknown_session_is_impossible(lab: Lab, payload: dict[str, str]) -> None:
    """Archived, never seen, or no key at all."""
    assert (await disconnected(lab, payload))["outcome"] == "impossible"


async def test_an_ended_session_needs_no_packet(lab: Lab, gateway: Gateway) -> None:
    """It is closed already."""
    key = await session(lab, "s-1")
    stop = attribute(40, 2) + attribute(44, "s-1") + attribute(31, DEVICE) + attribute(32, "lab")
    await lab.accounting.ask(lab.accounting.accounting_request(stop))
    assert (await disconnected(lab, {"session_key": str(key)}))["outcome"] == "closed"
    assert gateway.heard == []
