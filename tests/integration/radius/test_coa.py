"""Sessions closed and changed by a command row: a NAS that answers it, and the row's result."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from pyrad.packet import CoARequest, DisconnectRequest

from radius.coa_statements import FINISH
from territory.database.commands import (
    Outcome,
    Presentation,
    Request,
    Result,
    Target,
    ask_change,
    ask_disconnect,
    ask_reauthentication,
    await_result,
)
from territory.database.components import Component
from territory.identifiers import MacAddress
from tests.integration.radius.conftest import Lab
from tests.servers.coa_gateway import CoaGateway, listening
from tests.servers.radius import attribute, report, running_radius

DEVICE = "8A-56-7E-F9-10-E4"
WAIT_SECONDS = 60.0
POINT = "update territory.nas set coa_port = $1 where code = $2"


@pytest.fixture
async def gateway(lab: Lab) -> AsyncIterator[CoaGateway]:
    """A gateway that knows session s-1, where the territory says."""
    async with listening("s-1") as gateway:
        await point(lab, "mairie-nas", gateway.port)
        yield gateway


async def point(lab: Lab, nas: str, port: int) -> None:
    """Say where a NAS listens, and wait until the server knows."""
    await lab.told(POINT, port, nas)


async def session(lab: Lab, name: str, **admission: Any) -> UUID:
    """Open a session and return its key."""
    credential = await lab.grant(**admission)
    started = lab.accounting.accounting_request(report(1, name, credential, DEVICE))
    await lab.accounting.ask(started)
    row = await lab.row("select session_key from live.session where acct_session_id = $1", name)
    return UUID(str(row["session_key"]))


async def asked(lab: Lab, target: Target, seconds: float = 30, **change: bool) -> Result:
    """Ask for a disconnection, or with `or_disconnect` for a change, and return the result."""
    connection = await asyncpg.connect(lab.owner_url)
    try:
        request = Request("test", lab.clock.now(), seconds)
        if change:
            number = await ask_change(connection, target, request, **change)
        else:
            number = await ask_disconnect(connection, target, request)
        result = await await_result(connection, number, WAIT_SECONDS)
    finally:
        await connection.close()
    assert result is not None
    return result


async def test_an_open_session_is_closed(lab: Lab, gateway: CoaGateway) -> None:
    """The NAS acknowledges; its own Stop will end the session."""
    result = await asked(lab, Target(session_key=await session(lab, "s-1")))
    assert result == Result(Outcome.CLOSED, "session fermée par la passerelle")
    assert [request.code for request in gateway.requests()] == [DisconnectRequest]


async def test_a_command_is_taken_at_once(
    lab: Lab, gateway: CoaGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten in a row are answered, though the server looks by itself no more than once meanwhile."""
    monkeypatch.setattr("radius.coa._LOOK_SECONDS", 600.0)
    target = Target(session_key=await session(lab, "s-1"))
    for _ in range(10):
        assert (await asked(lab, target)).outcome is Outcome.CLOSED


async def test_a_refusal_says_why_in_words(lab: Lab, gateway: CoaGateway) -> None:
    """Error-Cause 503 (RFC 5176 §3.5), in French for an operator, and counted."""
    result = await asked(lab, Target(session_key=await session(lab, "s-2")))
    assert (result.outcome, result.error_cause) == (Outcome.REFUSED, 503)
    assert "ne connaît pas cette session" in result.words


async def test_a_lost_request_is_sent_again_unchanged(lab: Lab, gateway: CoaGateway) -> None:
    """RFC 5080 §2.2.1: the same octets, so that it stays one request."""
    gateway.deaf_for = 1
    result = await asked(lab, Target(session_key=await session(lab, "s-1")))
    assert result.outcome is Outcome.CLOSED
    first, *again = gateway.heard
    assert again
    assert {*again} == {first}


async def test_only_some_brands_present_a_device_again(lab: Lab, gateway: CoaGateway) -> None:
    """CoovaChilli takes no such command, and a NAS that is gone none at all: said at once."""
    nas = await lab.row("select id from territory.nas where code = 'mairie-nas'")
    device = MacAddress.parse(DEVICE)
    for nas_id, words in ((nas["id"], "une nouvelle fois"), (uuid4(), "retirée du territoire")):
        request = Request("test", lab.clock.now())
        connection = await asyncpg.connect(lab.owner_url)
        try:
            presented = Presentation(nas_id, device)
            number = await ask_reauthentication(connection, presented, request)
            result = await await_result(connection, number, WAIT_SECONDS)
        finally:
            await connection.close()
        assert result is not None
        assert result.outcome is Outcome.IMPOSSIBLE
        assert words in result.words
    assert gateway.heard == []


async def test_nobody_answers_before_the_deadline(lab: Lab, gateway: CoaGateway) -> None:
    """The row is finished all the same, and says what to look at."""
    gateway.deaf_for = 99
    result = await asked(lab, Target(session_key=await session(lab, "s-1")), seconds=0.5)
    assert result.outcome is Outcome.NO_ANSWER
    assert "coaport" in result.words


async def test_nothing_is_sent_after_the_deadline(lab: Lab, gateway: CoaGateway) -> None:
    """Whoever asked has been told that it failed: it must not happen after all."""
    result = await asked(lab, Target(session_key=await session(lab, "s-1")), seconds=-1)
    assert result == Result(Outcome.NO_ANSWER, "délai dépassé, rien n'a été envoyé")
    assert gateway.heard == []


async def test_a_nas_out_of_reach_is_no_answer(lab: Lab, gateway: CoaGateway) -> None:
    """A NAS of the other address family gets a result at once, not a try every second for ever."""
    key = await session(lab, "s-1")
    move = "update territory.nas set source_address = '::1' where code = 'mairie-nas'"
    await lab.told(move)
    result = await asked(lab, Target(session_key=key))
    assert result.outcome is Outcome.NO_ANSWER


@pytest.mark.parametrize("payload", [{}, {"session_key": "x"}, {"session_key": str(uuid4())}])
async def test_an_unknown_session_is_impossible(lab: Lab, payload: dict[str, str]) -> None:
    """Archived, never seen, or no key at all, in a row that anybody wrote."""
    number, now = uuid4(), lab.clock.now()
    await lab.rows(
        "insert into live.command (id, kind, payload, requested_by, requested_at, deadline)"
        " values ($1, 'disconnect', $2, 'test', $3, $4)",
        number, json.dumps(payload), now, now + timedelta(seconds=30),
    )  # fmt: skip
    query = f"select result from live.command where id = '{number}' and finished_at is not null"
    (row,) = await lab.rows_once(query, lambda rows: len(rows) == 1)
    assert Result.read(row["result"]).outcome is Outcome.IMPOSSIBLE


async def test_an_ended_session_needs_no_packet(lab: Lab, gateway: CoaGateway) -> None:
    """It is closed already."""
    key = await session(lab, "s-1")
    stop = attribute(40, 2) + attribute(44, "s-1") + attribute(31, DEVICE) + attribute(32, "lab")
    await lab.accounting.ask(lab.accounting.accounting_request(stop))
    assert (await asked(lab, Target(session_key=key))).outcome is Outcome.CLOSED
    assert gateway.heard == []


async def test_all_that_a_device_has_open_here(lab: Lab, gateway: CoaGateway) -> None:
    """One command, two sessions, one sentence; the worst of both is the outcome."""
    await session(lab, "s-1")
    await session(lab, "s-2")
    target = Target(device=MacAddress.parse(DEVICE), site_id=lab.sites["mairie"])
    result = await asked(lab, target)
    assert (result.outcome, result.sessions) == (Outcome.REFUSED, 2)
    assert result.words == "1 session fermée, 1 refusée par la passerelle"
    nobody = await asked(lab, Target(site_id=lab.sites["gare"]))
    assert nobody == Result(Outcome.CLOSED, "aucune session ouverte", sessions=0)


async def test_new_rights_are_told(lab: Lab, gateway: CoaGateway) -> None:
    """A CoA-Request with the plan's present rates, in CoovaChilli's kbit/s (its dictionary)."""
    key = await session(lab, "s-1")
    await lab.told("update territory.plan set download_bps = 3000000")
    result = await asked(lab, Target(session_key=key), or_disconnect=False)
    assert result == Result(Outcome.CHANGED, "droits changés par la passerelle")
    (request,) = gateway.requests()
    assert request.code == CoARequest
    assert request["CoovaChilli-Bandwidth-Max-Down"] == [3000]
    assert request["Session-Timeout"] == [4 * 3600]


@pytest.mark.parametrize("cause", [405, 406])
async def test_a_nas_that_takes_no_change_is_asked_to_disconnect(
    lab: Lab, gateway: CoaGateway, cause: int
) -> None:
    """Unsupported Service or Extension: where the command allows it, and not otherwise."""
    gateway.refuses = lambda request: cause if request.code == CoARequest else None
    target = Target(session_key=await session(lab, "s-1"))
    refused = await asked(lab, target, or_disconnect=False)
    assert (refused.outcome, refused.error_cause) == (Outcome.REFUSED, cause)
    assert (await asked(lab, target, or_disconnect=True)).outcome is Outcome.CLOSED
    codes = [request.code for request in gateway.requests()]
    assert codes == [CoARequest, CoARequest, DisconnectRequest]


async def test_a_nas_that_knows_no_event_timestamp_is_asked_without(
    lab: Lab, gateway: CoaGateway
) -> None:
    """A brand that nobody knows is told what RFC 5176 recommends; on NAK 401, the names alone."""
    await lab.told("update territory.gateway set brand = 'generic' where code = 'mairie'")
    gateway.refuses = lambda request: 401 if "Event-Timestamp" in request else None
    result = await asked(lab, Target(session_key=await session(lab, "s-1")))
    assert result.outcome is Outcome.CLOSED
    first, second = gateway.requests()
    assert first.keys()[0] == "Message-Authenticator"
    assert "Message-Authenticator" not in second


async def test_silent_nas_keep_nobody_waiting(lab: Lab, gateway: CoaGateway) -> None:
    """Forty sessions of a NAS that is silent; another NAS's session is closed meanwhile.

    Sixteen of the forty are under way at once, the others wait for them and are counted.
    """
    async with listening(address="127.0.0.3") as silent:
        silent.deaf_for = 1_000
        await point(lab, "gare-nas", silent.port)
        now, deadline = lab.clock.now(), lab.clock.now() + timedelta(seconds=15)
        nas = await lab.row("select id, site_id from territory.nas where code = 'gare-nas'")
        await lab.rows(
            "with opened as (insert into live.session (session_key, nas_id, site_id, nas_handle,"
            " acct_session_id, user_name, started_at, last_seen_at, session_seconds,"
            " upload_octets, download_octets) select gen_random_uuid(), $1, $2, 'gare',"
            " 'g-' || n, 'u', $3, $3, 0, 0, 0 from generate_series(1, 40) n returning session_key)"
            " insert into live.command (id, kind, payload, requested_by, requested_at, deadline)"
            " select gen_random_uuid(), 'disconnect', jsonb_build_object('session_key',"
            " session_key), 'test', $3, $4 from opened",
            nas["id"], nas["site_id"], now, deadline,
        )  # fmt: skip
        async with asyncio.timeout(WAIT_SECONDS):
            while len(silent.requests()) < 16:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        result = await asked(lab, Target(session_key=await session(lab, "s-1")))
        assert result.outcome is Outcome.CLOSED
        identifiers = {octets[1] for octets in silent.heard}
        assert len(identifiers) == len(silent.requests()) == 16


async def test_of_two_servers_one_asks(
    lab: Lab, gateway: CoaGateway, role_url: Callable[[Component], str]
) -> None:
    """A command is claimed by one; thirty are asked thirty times, whoever took which."""
    key = await session(lab, "s-1")
    url = role_url(Component.RADIUS)
    async with running_radius(url, lab.keyring, lab.clock) as other:
        async with asyncio.timeout(WAIT_SECONDS):
            while not other.directory.is_loaded:  # noqa: ASYNC110
                await asyncio.sleep(0)
        results = await asyncio.gather(*(asked(lab, Target(session_key=key)) for _ in range(30)))
    assert {result.outcome for result in results} == {Outcome.CLOSED}
    assert len(gateway.requests()) == 30


async def test_the_first_result_of_a_command_stays(lab: Lab, gateway: CoaGateway) -> None:
    """A server whose lease had lapsed finishes late: what the row says already is not rewritten."""
    await asked(lab, Target(session_key=await session(lab, "s-1")))
    done = "select id, result::text as result, finished_at from live.command"
    before = await lab.row(done)
    await lab.rows(FINISH, before["id"], '{"outcome": "no-answer"}', lab.clock.now())
    assert await lab.row(done) == before
