"""How far a NAS is believed: signing learnt, secrets rotated, rejects late, strangers listed."""

import asyncio
import os
from collections.abc import Callable
from contextlib import AsyncExitStack
from itertools import count, takewhile
from typing import Any

import pytest

from territory.application.nas_trust import (
    abandon_rotation,
    begin_rotation,
    finish_rotation,
    forget_signature,
    load_nas_trust,
    read_secrets,
)
from territory.application.writing import Authority
from territory.database.components import Component
from territory.database.connect import open_engine
from tests.integration.radius.conftest import WAIT_SECONDS, Lab
from tests.servers.radius import Nas, attribute, hide, report, running_radius, sign_request

CODE = "mairie-nas"
DEVICE = "8A-56-7E-F9-10-E4"
OTHER = "8A-56-7E-F9-10-E5"
ACCEPT, REJECT = 2, 3
REPLY_MESSAGE = 18


async def in_database(lab: Lab, work: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
    """Do what a command of `socle nas` does."""
    engine = open_engine(lab.owner_url)
    try:
        async with engine.begin() as db:
            return await work(db, *arguments, Authority("test", "nas", lab.clock.now()), **more)
    finally:
        await engine.dispose()


async def until(so: Callable[[], bool]) -> None:
    """Return as soon as the server knows it."""
    async with asyncio.timeout(WAIT_SECONDS):
        for _ in takewhile(lambda _: not so(), count()):
            await asyncio.sleep(0.01)


def unsigned(nas: Nas, password: bytes = b"guess") -> bytes:
    """A log-in nobody signed."""
    authenticator = os.urandom(16)
    nas._identifier = (nas._identifier + 1) % 256
    attributes = (
        attribute(1, "b" * 26)
        + attribute(2, hide(password, nas.secret, authenticator))
        + attribute(31, DEVICE)
    )
    return sign_request(1, nas._identifier, authenticator, attributes, None)


async def set_rule(lab: Lab, rule: str) -> None:
    """Describe the NAS anew, as `socle apply` does."""
    await lab.rows("update territory.nas set require_message_authenticator = $1", rule)
    await lab.rows("select pg_notify('territory', '')")
    await until(lambda: rule in {nas.require_message_authenticator for nas in known(lab)})


def known(lab: Lab, server: Any = None) -> list[Any]:
    """The NAS of the first site as the server knows it now."""
    nas = (server or lab.server).directory.at("127.0.0.1")
    return [nas] if nas else []


async def test_signing_is_learnt_for_good_and_by_every_process(
    lab: Lab, role_url: Callable[[Component], str]
) -> None:
    """Unsigned is taken until the first signed request, then nowhere any more, restarts included;
    only a technician goes back on it.
    """
    await set_rule(lab, "learn")
    url = role_url(Component.RADIUS)
    async with running_radius(url, lab.keyring, lab.clock) as second:
        await until(lambda: bool(known(lab, second)))
        assert (await lab.access.ask(unsigned(lab.access), once=True)).code == REJECT
        assert lab.server.counters.unsigned == {CODE: 1}
        signed = lab.access.access_request(attribute(1, "x") + attribute(31, DEVICE))
        assert (await lab.access.ask(signed)).code == REJECT
        assert await lab.access.is_silent(unsigned(lab.access))
        await lab.discarded("access", "unsigned")
        await until(lambda: known(lab, second)[0].require_message_authenticator == "always")
    (row,) = await lab.rows(
        "select signed_since is not null as learnt, unsigned_packets,"
        " last_unsigned_at is not null as dated from live.nas_seen"
    )
    assert tuple(row) == (True, 1, True)
    async with running_radius(url, lab.keyring, lab.clock) as restarted:
        await until(lambda: bool(known(lab, restarted)))
        assert known(lab, restarted)[0].require_message_authenticator == "always"
    lab.clock.advance(seconds=1)  # type: ignore[attr-defined]
    await in_database(lab, forget_signature, CODE)
    await until(lambda: known(lab)[0].require_message_authenticator == "learn")
    assert (await lab.access.ask(unsigned(lab.access))).code == REJECT


async def test_both_secrets_work_during_a_rotation(lab: Lab) -> None:
    """Each reply is signed with the secret its request was; who uses which is known; then one
    secret is left.
    """
    await in_database(lab, begin_rotation, lab.keyring.seal, CODE)
    await until(lambda: known(lab)[0].other_secret is not None)
    secrets = await in_database(lab, read_secrets, lab.keyring, CODE)
    coming = secrets.coming.encode()
    credential = await lab.grant()
    async with Nas(lab.access.port, coming) as renewed, Nas(lab.accounting.port, coming) as counted:
        for nas in (lab.access, renewed, lab.access, renewed):
            assert (await nas.ask(nas.log_in(credential, DEVICE))).code == ACCEPT
        assert lab.server.directory.old_secrets() == {CODE: 0.0}
        record = report(1, "s-1", credential, DEVICE)
        assert (await counted.ask(counted.accounting_request(record))).code == 5
        await lab.server.sightings.flush()
        (trust,) = [one for one in await trust_of(lab) if one.code == CODE]
        assert trust.next_secret_at is not None
        async with Nas(lab.access.port, b"neither of them, by any chance") as forged:
            assert await forged.is_silent(forged.log_in(credential, DEVICE))
        assert lab.server.directory.old_secrets() == {CODE: 0.0}
        lab.clock.advance(seconds=1)  # type: ignore[attr-defined]
        await in_database(lab, finish_rotation, CODE, even_unseen=True)
        await until(lambda: known(lab)[0].other_secret is None)
        assert await lab.access.is_silent(lab.access.log_in(credential, DEVICE))
        assert (await renewed.ask(renewed.log_in(credential, DEVICE))).code == ACCEPT


async def trust_of(lab: Lab) -> list[Any]:
    """What technicians read of every NAS."""
    engine = open_engine(lab.owner_url)
    try:
        async with engine.connect() as db:
            return list(await load_nas_trust(db, lab.keyring))
    finally:
        await engine.dispose()


async def test_an_unsigned_password_tells_which_secret_is_used(lab: Lab) -> None:
    """Where nothing is signed, a right password hidden with the next secret does."""
    await set_rule(lab, "when-present")
    await in_database(lab, begin_rotation, lab.keyring.seal, CODE)
    await until(lambda: known(lab)[0].other_secret is not None)
    secrets = await in_database(lab, read_secrets, lab.keyring, CODE)
    credential = await lab.grant()
    async with Nas(lab.access.port, secrets.coming.encode()) as renewed:
        signed = renewed.log_in(credential, DEVICE)
        bare = signed[:2] + (len(signed) - 18).to_bytes(2, "big") + signed[4:20] + signed[38:]
        assert (await renewed.ask(bare)).code == ACCEPT
    await in_database(lab, abandon_rotation, CODE)
    await until(lambda: known(lab)[0].other_secret is None)


async def test_a_reject_waits_once_and_a_mac_miss_does_not(
    lab: Lab, role_url: Callable[[Component], str]
) -> None:
    """A duplicate meanwhile gets nothing, then the same octets; a device nobody knows waits for no
    guesser's sake; a stop sends what waits.
    """
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        running = running_radius(
            role_url(Component.RADIUS), lab.keyring, lab.clock, reject_delay_seconds=3.0
        )
        server = await stack.enter_async_context(running)
        nas = Nas(server.port("access"))
        async with nas:
            await nas.until_answered()
            began = loop.time()
            guess = nas.access_request(attribute(1, "x") + attribute(31, DEVICE))
            nas.send(guess)
            reply = await asyncio.wait_for(nas.send(guess), WAIT_SECONDS)
            assert loop.time() - began >= 3.0
            assert await nas.send(guess) == reply
            began = loop.time()
            missed = await nas.ask(nas.present_device(OTHER, OTHER))
            assert missed.text(REPLY_MESSAGE).endswith("[unknown_device]")
            assert loop.time() - began < 3.0
            last = nas.send(nas.access_request(attribute(1, "x") + attribute(31, DEVICE)))
            await until(lambda: server.counters.gauges["rejects_waiting"][1]() == 1)
            await stack.aclose()
            assert (await asyncio.wait_for(last, WAIT_SECONDS))[0] == REJECT


async def test_a_stranger_is_listed_with_what_it_claims(lab: Lab) -> None:
    """Its kind of packet and its name, as text; never answered."""
    async with Nas(lab.access.port, address="127.0.0.9") as stranger:
        claims = attribute(32, "mairie-toul\x1b[2J")
        assert await stranger.is_silent(stranger.access_request(claims))
    await lab.discarded("access", "unknown-nas")
    listed = await lab.row("select packet_kind, claimed_name from live.discard")
    assert tuple(listed) == ("access-request", "mairie-toul·[2J")


async def test_a_thousand_strangers_a_day_for_all_processes_together(
    lab: Lab, role_url: Callable[[Component], str]
) -> None:
    """Each process counts its own; the database lists no more than a thousand of them."""
    async with running_radius(role_url(Component.RADIUS), lab.keyring, lab.clock) as second:
        for server, net in ((lab.server, 1), (second, 2)):
            for n in range(700):
                server.sightings.discard(f"10.{net}.{n // 250}.{n % 250}", "unknown-nas", b"?")
        await asyncio.gather(lab.server.sightings.flush(), second.sightings.flush())
    (row,) = await lab.rows(
        "select count(*) filter (where source_address <> '0.0.0.0') as listed,"
        " sum(packets) as packets from live.discard where reason = 'unknown-nas'"
    )
    assert tuple(row) == (1_000, 1_400)


@pytest.mark.parametrize("written", ["8a-56-7e-f9-10-e4", "8A567EF910E4", "8A:56:7E:F9:10:E4"])
async def test_a_mac_typed_as_a_name_is_refused(lab: Lab, written: str) -> None:
    """Only the form this NAS declares presents a device."""
    reply = await lab.access.ask(lab.access.present_device(written, DEVICE))
    assert reply.text(REPLY_MESSAGE).endswith("[other_mac_form]")
