"""Access-Requests through the real server and a real PostgreSQL, role and all."""

import asyncio
import contextlib
import hashlib
import os
from dataclasses import replace
from datetime import timedelta

import pytest

from radius.statements import SESSIONS_COUNTED
from tests.integration.radius.conftest import WAIT_SECONDS, Lab
from tests.servers.radius import Nas, attribute, hide, sign_request

DEVICE, OTHER = "8A-56-7E-F9-10-E4", "02-00-00-00-00-02"
ACCEPT, REJECT = 2, 3


async def test_a_credential_is_bound_at_first_use_and_shown_again(lab: Lab) -> None:
    """DESIGN decision 2: this device again and again, with what remains; no other, ever."""
    credential = await lab.grant()
    first = await lab.access.ask(lab.access.log_in(credential, DEVICE))
    assert (first.code, first.number(27)) == (ACCEPT, 4 * 3600)
    bound = await lab.row("select device::text, bound_at from live.binding")
    assert bound["device"] == DEVICE.replace("-", ":").lower()
    lab.clock.advance(hours=1)  # type: ignore[attr-defined]
    again = await lab.access.ask(lab.access.log_in(credential, DEVICE))
    assert (again.code, again.number(27)) == (ACCEPT, 3 * 3600)
    other = await lab.access.ask(lab.access.log_in(credential, OTHER))
    assert other.code == REJECT
    assert other.text(18).endswith("[other_device]")


async def test_every_answer_is_signed_first_and_echoes_proxy_states(lab: Lab) -> None:
    """CVE-2024-3596: octet 20 is 80; RFC 2865 §5.33: Proxy-State unchanged and in order."""
    credential = await lab.grant()
    states = attribute(33, b"one") + attribute(33, b"two")
    for device in (DEVICE, OTHER):
        reply = await lab.access.ask(lab.access.log_in(credential, device, states))
        assert reply.octets[20] == 80
        assert [value for number, value in reply.attributes if number == 33] == [b"one", b"two"]


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"credential_expires_at": timedelta(seconds=-1)}, "credential_expired"),
        ({"ends_at": timedelta()}, "ended"),
        ({"revoked_at": timedelta(seconds=-1)}, "revoked"),
    ],
)
async def test_what_is_over_is_refused(lab: Lab, changes: dict[str, timedelta], word: str) -> None:
    """Expired, ended, revoked: a Reject with words, and nothing is bound."""
    now = lab.clock.now()
    columns = {name: now + change for name, change in changes.items()}
    credential = await lab.grant("mairie", **columns)
    reply = await lab.access.ask(lab.access.log_in(credential, DEVICE))
    assert reply.code == REJECT
    assert reply.text(18).endswith(f"[{word}]")
    assert await lab.rows("select from live.binding") == []


async def test_another_site_s_credential_is_refused_and_stays_free(lab: Lab) -> None:
    """The set of NAS a credential is good for is its site's."""
    credential = await lab.grant("gare")
    here = await lab.access.ask(lab.access.log_in(credential, DEVICE))
    assert here.text(18).endswith("[other_site]")
    async with Nas(lab.access.port, address="127.0.0.3") as gare:
        assert (await gare.ask(gare.log_in(credential, DEVICE))).code == ACCEPT


async def test_a_wrong_password_is_refused_without_a_query(lab: Lab) -> None:
    """The database logs it, and is asked nothing."""
    credential = await lab.grant()
    reply = await lab.access.ask(lab.access.log_in(replace(credential, password="no"), DEVICE))
    assert reply.code == REJECT
    assert reply.text(18).endswith("[wrong_password]")


async def test_used_up_data_is_refused(lab: Lab) -> None:
    """The quota counts what accounting told of every session of the admission."""
    await lab.told("update territory.plan set session_octets = 1000")
    credential = await lab.grant()
    assert (await lab.access.ask(lab.access.log_in(credential, DEVICE))).code == ACCEPT
    await lab.rows(
        "insert into live.session (session_key, nas_id, site_id, nas_handle, acct_session_id,"
        " admission_id, started_at, last_seen_at, session_seconds, upload_octets, download_octets)"
        " select gen_random_uuid(), gen_random_uuid(), site_id, 'lab', '1', id, created_at,"
        " created_at, 60, 400, 500 from live.admission"
    )
    left = await lab.access.ask(lab.access.log_in(credential, DEVICE))
    octets = dict(lab_vendor(left.attributes))[14559, 3]
    assert int.from_bytes(octets, "big") == 100
    await lab.rows("update live.session set download_octets = 600")
    reply = await lab.access.ask(lab.access.log_in(credential, DEVICE))
    assert reply.text(18).endswith("[used_up]")


async def test_an_admission_of_too_many_sessions_makes_nobody_wait(lab: Lab) -> None:
    """So many are counted and no more; who has them has used up any quota, and needs none else."""
    await lab.told("update territory.plan set session_octets = 1000")
    credential = await lab.grant()
    assert (await lab.access.ask(lab.access.log_in(credential, DEVICE))).code == ACCEPT
    sessions = (
        "insert into live.session (session_key, nas_id, site_id, nas_handle, acct_session_id,"
        " admission_id, started_at, last_seen_at, session_seconds, upload_octets, download_octets)"
        " select gen_random_uuid(), gen_random_uuid(), site_id, 'lab', '1', id, created_at,"
        " created_at, 60, 0, 0 from live.admission, generate_series(1, $1)"
    )
    await lab.rows(sessions, SESSIONS_COUNTED - 1)
    assert (await lab.access.ask(lab.access.log_in(credential, DEVICE))).code == ACCEPT
    await lab.rows(sessions, 2)
    reply = await lab.access.ask(lab.access.log_in(credential, DEVICE))
    assert reply.text(18).endswith("[used_up]")
    await lab.told("update territory.plan set session_octets = null")
    assert (await lab.access.ask(lab.access.log_in(credential, DEVICE))).code == ACCEPT


def lab_vendor(attributes: tuple[tuple[int, bytes], ...]) -> list[tuple[tuple[int, int], bytes]]:
    """Return the vendor attributes, each alone in its Vendor-Specific."""
    return [
        ((int.from_bytes(value[:4], "big"), value[4]), value[6:])
        for number, value in attributes
        if number == 26
    ]


@pytest.mark.parametrize("allowed", [True, False])
async def test_a_device_comes_back_by_its_mac_where_the_plan_allows(
    lab: Lab, allowed: bool
) -> None:
    """It must have a live admission here; its NAS is told the opaque name and the Class."""
    await lab.told("update territory.plan set mac_authentication = $1", allowed)
    credential = await lab.grant()
    nas = lab.access
    unknown = await nas.ask(nas.present_device(DEVICE, DEVICE))
    assert unknown.text(18).endswith("[unknown_device]")
    await nas.ask(nas.log_in(credential, DEVICE))
    reply = await nas.ask(nas.present_device(DEVICE, DEVICE))
    assert reply.code == (ACCEPT if allowed else REJECT)
    if allowed:
        assert reply.text(1) == credential.user_name
        assert dict(reply.attributes)[25] == credential.admission_id.bytes
    stranger = await nas.ask(nas.present_device(DEVICE, OTHER))
    assert stranger.text(18).endswith("[not_this_device]")


@pytest.mark.parametrize("asked", [True, False])
async def test_a_chargeable_identity_is_told_to_who_asks(lab: Lab, asked: bool) -> None:
    """RFC 4372 §2.1: one NUL asks, the admission's opaque name answers; unasked, there is none."""
    credential = await lab.grant()
    question = attribute(89, b"\0") if asked else b""
    reply = await lab.access.ask(lab.access.log_in(credential, DEVICE, question))
    identity = dict(reply.attributes).get(89)
    assert identity == (credential.user_name.encode() if asked else None)


async def test_two_devices_in_one_batch_bind_once(lab: Lab) -> None:
    """Whoever shows a credential first has it, however close the second comes."""
    credentials = [await lab.grant() for _ in range(20)]
    devices = ["02-00-00-00-01-01", "02-00-00-00-01-02", "02-00-00-00-01-03"]
    packets = [lab.access.log_in(c, device) for c in credentials for device in devices]
    replies = [lab.access.insist(packet) for packet in packets]
    codes = [reply[0] for reply in await asyncio.wait_for(asyncio.gather(*replies), WAIT_SECONDS)]
    by_credential = [codes[n : n + 3] for n in range(0, len(codes), 3)]
    assert [sorted(each) for each in by_credential] == [[ACCEPT, REJECT, REJECT]] * 20
    bound = await lab.rows("select device from live.binding")
    assert len(bound) == 20


async def test_outcomes_are_logged(lab: Lab) -> None:
    """Each answer is one line of the security log, in the next batch or within a second."""
    credential = await lab.grant()
    for device in (DEVICE, OTHER):
        await lab.access.ask(lab.access.log_in(credential, device))
    query = "select outcome, reason, admission_id from security.authentication order by outcome"
    logged = await lab.rows_once(query, lambda rows: len(rows) == 2)
    assert [tuple(row) for row in logged] == [
        ("accept", "first_use", credential.admission_id),
        ("reject", "other_device", credential.admission_id),
    ]


async def test_a_repeated_request_is_decided_once(lab: Lab) -> None:
    """RFC 5080 §2.2.2: the same octets again get the same octets back."""
    credential = await lab.grant()
    packet = lab.access.log_in(credential, DEVICE)
    first = await lab.access.ask(packet, once=True)
    second = await lab.access.ask(packet, once=True)
    assert first.octets == second.octets
    assert lab.server.counters.duplicates["access"] == 1
    assert lab.server.counters.answered["access_accept", "first_use"] == 1


async def test_eap_is_refused_with_an_eap_failure(lab: Lab) -> None:
    """RFC 3579 §2.6.5: a server without EAP rejects, and says so in EAP."""
    eap = attribute(79, b"\x02\x09\x00\x05\x01") + attribute(31, DEVICE)
    reply = await lab.access.ask(lab.access.access_request(eap))
    assert reply.code == REJECT
    assert dict(reply.attributes)[79] == bytes((4, 9, 0, 4))


async def test_status_server_is_answered_on_both_ports(lab: Lab) -> None:
    """RFC 5997 §4.3: Access-Accept on one, Accounting-Response on the other, never counted."""
    for nas, code in ((lab.access, ACCEPT), (lab.accounting, 5)):
        packet = sign_request(12, 3, os.urandom(16), b"", nas.secret)
        assert (await nas.ask(packet)).code == code
    assert not lab.server.counters.answered


async def test_a_chap_login_is_accepted(lab: Lab) -> None:
    """RFC 2865 §5.3, with CHAP-Challenge as gateways send it."""
    credential = await lab.grant()
    challenge = os.urandom(16)
    answer = b"\x05" + hashlib.md5(b"\x05" + credential.password.encode() + challenge).digest()
    body = attribute(1, credential.user_name) + attribute(3, answer)
    body += attribute(60, challenge) + attribute(31, DEVICE)
    assert (await lab.access.ask(lab.access.access_request(body))).code == ACCEPT


async def test_a_nas_that_cannot_sign_is_let_in_only_where_declared(lab: Lab) -> None:
    """require_message_authenticator, and the count that shows who still does not sign."""
    credential = await lab.grant()
    authenticator = os.urandom(16)
    body = attribute(1, credential.user_name) + attribute(31, DEVICE)
    body += attribute(2, hide(credential.password.encode(), lab.access.secret, authenticator))
    packet = sign_request(1, 9, authenticator, body, None)
    assert await lab.access.is_silent(packet)
    await lab.told("update territory.nas set require_message_authenticator = 'when-present'")
    assert (await lab.access.ask(packet)).code == ACCEPT
    assert lab.server.counters.discarded["access", "unsigned"] >= 1


async def test_a_storm_of_wrong_passwords_is_logged_whole(lab: Lab) -> None:
    """Refused without a query, and yet each is a line of the security log, in batches."""
    guess = attribute(1, "a" * 26) + attribute(2, bytes(16)) + attribute(31, DEVICE)
    count = 0
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(12):
            nas = await stack.enter_async_context(Nas(lab.access.port))
            replies = [nas.insist(nas.access_request(guess)) for _ in range(200)]
            count += len(await asyncio.wait_for(asyncio.gather(*replies), WAIT_SECONDS))
    logged = "select from security.authentication where reason = 'wrong_password'"
    await lab.rows_once(logged, lambda rows: len(rows) == count == 2400)
