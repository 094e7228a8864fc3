"""Limits, hours, blocks and returning devices through the real server and a real PostgreSQL."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from radius.statements import MOST_OCTETS
from tests.integration.radius.conftest import Lab
from tests.servers.radius import Nas, Reply, attribute

DEVICE, OTHER = "8A-56-7E-F9-10-E4", "02-00-00-00-00-02"
GUEST = "8a:56:7e:f9:10:e4"
ACCEPT, REJECT = 2, 3


def word(reply: Reply) -> str:
    """Return the reason in a Reject."""
    assert reply.code == REJECT
    return reply.text(18).rpartition("[")[2].rstrip("]")


async def test_a_session_ends_at_closing(lab: Lab) -> None:
    """Friday 15:00 in Paris, closing 17:30; at 17:30 it is closed, and says when it opens."""
    await lab.told("update territory.site set hours = 'Mo-Fr 09:00-17:30'")
    credential = await lab.grant()
    first = await lab.access.ask(lab.access.log_in(credential, DEVICE))
    assert (first.code, first.number(27)) == (ACCEPT, 9000)
    lab.clock.advance(hours=2, minutes=30)  # type: ignore[attr-defined]
    late = await lab.access.ask(lab.access.log_in(credential, DEVICE))
    assert late.text(18) == (
        "Le Wi-Fi de ce lieu est ferme a cette heure."
        " Il ouvre le lundi 23 novembre a 9 h 00. [closed]"
    )


async def test_a_plan_s_hours_go_before_its_site_s(lab: Lab) -> None:
    """And a closed day goes before both."""
    await lab.told("update territory.site set hours = 'Mo-Fr 09:00-12:00'")
    await lab.told("update territory.plan set hours = 'Mo-Fr 09:00-16:00'")
    credential = await lab.grant()
    reply = await lab.access.ask(lab.access.log_in(credential, DEVICE))
    assert (reply.code, reply.number(27)) == (ACCEPT, 3600)
    await lab.told("update territory.site set closed_days = '{2026-11-20/2026-11-21}'")
    closed = await lab.access.ask(lab.access.log_in(credential, DEVICE))
    assert "lundi 23 novembre a 9 h 00" in closed.text(18)


@pytest.mark.parametrize(
    ("limit", "used", "expected"),
    [
        ("day_seconds = 7200", (3600, 0), 3600),
        ("day_seconds = 7200", (7200, 0), "day_time_used"),
        ("month_seconds = 7200", (7200, 0), "month_time_used"),
        ("day_octets = 1000", (0, 1000), "day_volume_used"),
        ("month_octets = 1000", (0, 1000), "month_volume_used"),
    ],
)
async def test_limits_a_day_and_a_month(
    lab: Lab, limit: str, used: tuple[int, int], expected: int | str
) -> None:
    """What the device has used under other admissions counts at its first use of this one."""
    await lab.told(f"update territory.plan set {limit}")
    await lab.rows("insert into live.guest_day values ($1, '2026-11-20', $2, $3)", GUEST, *used)
    credential = await lab.grant()
    reply = await lab.access.ask(lab.access.log_in(credential, DEVICE))
    if isinstance(expected, int):
        assert (reply.code, reply.number(27)) == (ACCEPT, expected)
    else:
        assert word(reply) == expected


async def test_slow_rates_once_the_day_is_used_up(lab: Lab) -> None:
    """WISPr's bandwidths in bit/s; until midnight in Paris at the latest, which 4 hours are not."""
    await lab.told(
        "update territory.plan set day_octets = 10, at_end = 'slow', slow_upload_bps = 64000,"
        " slow_download_bps = 128000",
    )
    await lab.rows("insert into live.guest_day values ($1, '2026-11-20', 60, 10)", GUEST)
    credential = await lab.grant()
    reply = await lab.access.ask(lab.access.log_in(credential, DEVICE))
    assert reply.code == ACCEPT
    wispr = {
        value[4]: int.from_bytes(value[6:], "big")
        for number, value in reply.attributes
        if number == 26 and int.from_bytes(value[:4], "big") == 14122
    }
    assert (wispr[7], wispr[8]) == (64_000, 128_000)


async def test_a_guest_has_so_many_devices_at_once(lab: Lab) -> None:
    """Of one ticket, over sites; a device that has gone silent does not count."""
    await lab.told("update territory.plan set devices = 1")
    ticket, now = uuid4(), lab.clock.now()
    first, second = [await lab.grant("mairie", guest_id=ticket) for _ in range(2)]
    assert (await lab.access.ask(lab.access.log_in(first, DEVICE))).code == ACCEPT
    await lab.rows(
        "insert into live.session (session_key, nas_id, site_id, nas_handle, acct_session_id,"
        " admission_id, device, started_at, last_seen_at, session_seconds, upload_octets,"
        " download_octets) select $1, $1, site_id, 'lab', '1', id, $2, $3, $3, 0, 0, 0"
        " from live.admission where id = $4",
        uuid4(),
        GUEST,
        now,
        first.admission_id,
    )
    lab.clock.advance(seconds=1)  # type: ignore[attr-defined]
    assert word(await lab.access.ask(lab.access.log_in(second, OTHER))) == "too_many_devices"
    assert (await lab.access.ask(lab.access.log_in(first, DEVICE))).code == ACCEPT
    await lab.rows("update live.session set last_seen_at = $1", now - timedelta(hours=1))
    assert (await lab.access.ask(lab.access.log_in(second, OTHER))).code == ACCEPT


@pytest.mark.parametrize("kind", ["device", "admission", "ticket"])
async def test_who_is_blocked_stays_out_until_the_block_ends(lab: Lab, kind: str) -> None:
    """A device, an admission, or all of a ticket's; said in words that name nobody."""
    ticket = uuid4()
    credential = await lab.grant(guest_id=ticket)
    subject = {"admission": credential.admission_id, "ticket": ticket}.get(kind)
    await lab.told(
        "insert into live.block values (gen_random_uuid(), $1, $2, $3, 'r', 'a', $4, $5)",
        kind,
        GUEST if kind == "device" else None,
        subject,
        lab.clock.now(),
        lab.clock.now() + timedelta(hours=1),
    )
    assert word(await lab.access.ask(lab.access.log_in(credential, DEVICE))) == "blocked"
    lab.clock.advance(hours=1)  # type: ignore[attr-defined]
    assert (await lab.access.ask(lab.access.log_in(credential, DEVICE))).code == ACCEPT


ALLOWED = """
    with plans as (update territory.plan set mac_authentication = true)
    update territory.nas set mac_user_name = 'AA-BB-CC-DD-EE-FF', mac_password = 'call-check'
"""


def by_mac(nas: Nas, called: str = "") -> bytes:
    """Return a device's own Access-Request: its address as name, on a network."""
    named = attribute(1, DEVICE) + attribute(6, 10) + attribute(31, DEVICE)
    return nas.access_request(named + (attribute(30, called) if called else b""))


async def test_a_device_comes_back_on_its_network_only_where_the_site_allows(lab: Lab) -> None:
    """Plan and site; the SSID in Called-Station-Id, when it says one; the log says "by MAC"."""
    await lab.told(ALLOWED)
    network = await lab.row("select id, ssid from territory.network limit 1")
    (site,) = await lab.rows("select site_id from territory.network where id = $1", network["id"])
    code = next(code for code, known in lab.sites.items() if known == site["site_id"])
    credential = await lab.grant(code, network_id=network["id"])
    async with Nas(lab.access.port, address=ADDRESSES[code]) as nas:
        assert (await nas.ask(nas.log_in(credential, DEVICE))).code == ACCEPT
        here, elsewhere = f"02-00-00-00-00-10:{network['ssid']}", "02-00-00-00-00-10:Autre"
        assert (await nas.ask(by_mac(nas, here))).code == ACCEPT
        assert (await nas.ask(by_mac(nas))).code == ACCEPT
        assert word(await nas.ask(by_mac(nas, elsewhere))) == "other_network"
        await lab.told("update territory.site set mac_authentication = false")
        assert word(await nas.ask(by_mac(nas, here))) == "device_not_allowed"
    logged = await lab.rows_once(
        "select reason from security.authentication order by received_at",
        lambda rows: len(rows) >= 5,
    )
    assert [row["reason"] for row in logged].count("known_device") == 2


ADDRESSES = {"mairie": "127.0.0.1", "gare": "127.0.0.3"}


async def test_a_device_comes_back_under_the_terms_of_today(lab: Lab) -> None:
    """Once a guest of the same organisation has accepted newer ones, the page shows them."""
    await lab.told(ALLOWED)
    credential = await lab.grant()
    assert (await lab.access.ask(lab.access.log_in(credential, DEVICE))).code == ACCEPT
    assert (await lab.access.ask(by_mac(lab.access))).code == ACCEPT
    await lab.grant("gare", terms_version="2")
    await lab.told("update territory.site set listed = listed")
    assert word(await lab.access.ask(by_mac(lab.access))) == "device_not_allowed"


async def test_a_device_does_not_come_back_while_it_is_online_elsewhere(lab: Lab) -> None:
    """An open session of it at another site, unless that has gone silent."""
    await lab.told(ALLOWED)
    here, there = await lab.grant("mairie"), await lab.grant("gare")
    assert (await lab.access.ask(lab.access.log_in(here, DEVICE))).code == ACCEPT
    async with Nas(lab.access.port, address=ADDRESSES["gare"]) as gare:
        assert (await gare.ask(gare.log_in(there, DEVICE))).code == ACCEPT
    await lab.rows(
        "insert into live.session (session_key, nas_id, site_id, nas_handle, acct_session_id,"
        " admission_id, device, started_at, last_seen_at, session_seconds, upload_octets,"
        " download_octets) values ($1, $1, $2, 'lab', '1', $3, $4, $5, $5, 0, 0, 0)",
        uuid4(),
        lab.sites["gare"],
        there.admission_id,
        GUEST,
        lab.clock.now(),
    )
    assert word(await lab.access.ask(by_mac(lab.access))) == "device_elsewhere"
    lab.clock.advance(hours=1)  # type: ignore[attr-defined]
    assert (await lab.access.ask(by_mac(lab.access))).code == ACCEPT


async def test_of_two_devices_at_once_the_first_is_let_in(lab: Lab) -> None:
    """Before the Start of either; a device that never comes online counts two minutes."""
    await lab.told("update territory.plan set devices = 1")
    ticket = uuid4()
    first, second = [await lab.grant("mairie", guest_id=ticket) for _ in range(2)]
    packets = lab.access.log_in(first, DEVICE), lab.access.log_in(second, OTHER)
    replies = await asyncio.gather(*map(lab.access.ask, packets))
    assert sorted(reply.code for reply in replies) == [ACCEPT, REJECT]
    lab.clock.advance(seconds=119)  # type: ignore[attr-defined]
    shown = (first, DEVICE), (second, OTHER)
    again = [await lab.access.ask(lab.access.log_in(*each)) for each in shown]
    assert [reply.code for reply in again] == [reply.code for reply in replies]
    lab.clock.advance(seconds=2)  # type: ignore[attr-defined]
    for each in shown:
        assert (await lab.access.ask(lab.access.log_in(*each))).code == ACCEPT


async def test_a_log_in_looks_at_so_many_sessions(lab: Lab) -> None:
    """A NAS that lies gives a ticket 3 000: 2 000 are looked at, those counted already need not."""
    await lab.told("update territory.plan set devices = 2, day_octets = 100000")
    ticket = uuid4()
    credential = await lab.grant(guest_id=ticket)
    await lab.rows(
        "insert into live.session (session_key, nas_id, site_id, nas_handle, acct_session_id,"
        " admission_id, device, started_at, last_seen_at, session_seconds, upload_octets,"
        " download_octets) select gen_random_uuid(), gen_random_uuid(), site_id, 'lab', n::text,"
        " id, '02:00:00:00:00:02', $2, $2, 0, 1, 0 from live.admission, generate_series(1, 3000) n"
        " where id = $1",
        credential.admission_id,
        lab.clock.now(),
    )
    look = "select * from live.guest_facts($1, $2, $3)"
    found = await lab.row(look, credential.admission_id, GUEST, lab.clock.now())
    assert (found["day_octets"], found["other_devices"]) == (2_000, 1)
    await lab.rows("select live.count_guests($1)", lab.clock.now())
    found = await lab.row(look, credential.admission_id, GUEST, lab.clock.now())
    assert found["day_octets"] == 3_000
    used = "select upload_octets from live.admission_usage where admission_id = $1"
    assert (await lab.row(used, credential.admission_id))["upload_octets"] == MOST_OCTETS
