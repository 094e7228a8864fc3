"""Pings, for real: this machine, a host that vanishes, and an account that may not send any."""

import asyncio
import subprocess
import sys
from ipaddress import ip_address
from pathlib import Path

import pytest

from supervision.poll import TRIES, Pinger
from territory.clock import SystemClock
from tests.integration.supervision.ground import vanishing_host

pytestmark = pytest.mark.namespace

ASK_AS_NOBODY = """
import asyncio, os
from supervision.poll import Pinger, PingNotAllowed
from territory.clock import SystemClock

async def ask():
    pinger = Pinger(SystemClock())
    try:
        await pinger.check()
    except PingNotAllowed as refusal:
        return f"refused: {refusal}"
    finally:
        await pinger.close()
    return "sent"

os.setgroups([])
os.setgid(65534)
os.setuid(65534)
print(asyncio.run(ask()))
"""


async def test_this_machine_answers() -> None:
    """An answer gives its round trip, at the first try."""
    pinger = Pinger(SystemClock())
    reading = await pinger.read(ip_address("127.0.0.1"))
    assert reading.round_trip_seconds is not None
    assert 0 < reading.round_trip_seconds < 1
    assert reading.perfect
    await pinger.close()


async def test_a_host_that_vanishes_is_asked_three_times() -> None:
    """Silence is only told after three tries, in bounded time; the host comes back as it was."""
    pinger = Pinger(SystemClock(), timeout_seconds=0.2)
    with vanishing_host() as host:
        assert (await pinger.read(host.address)).round_trip_seconds is not None
        host.cut()
        async with asyncio.timeout(pinger.longest_poll_seconds + 1):
            silent = await pinger.read(host.address)
        assert (silent.round_trip_seconds, silent.tries) == (None, TRIES)
        host.mend()
        assert (await pinger.read(host.address)).round_trip_seconds is not None
    await pinger.close()


async def test_a_large_fleet_is_not_lost_by_our_own_congestion() -> None:
    """3 000 hosts asked at once all answer: none is silent because of us."""
    pinger = Pinger(SystemClock())
    hosts = [ip_address("127.1.0.0") + n for n in range(1, 3_001)]
    readings = await asyncio.gather(*(pinger.read(host) for host in hosts))
    assert sum(reading.round_trip_seconds is None for reading in readings) == 0
    await pinger.close()


async def test_a_cancelled_poll_leaves_the_others_alone() -> None:
    """An asker who goes away neither breaks the loop nor another's answer."""
    pinger = Pinger(SystemClock(), timeout_seconds=0.2)
    with vanishing_host() as host:
        host.cut()
        asked = asyncio.ensure_future(pinger.read(host.address))
        await asyncio.sleep(0.01)
        asked.cancel()
        assert (await pinger.read(ip_address("127.0.0.1"))).round_trip_seconds is not None
        await pinger.close()


@pytest.mark.parametrize(("groups", "said"), [("1 0", "refused"), ("0 2147483647", "sent")])
def test_an_account_without_rights_is_told_so(groups: str, said: str) -> None:
    """Unprivileged pings work where the kernel allows them, else the refusal names the setting."""
    root = Path(__file__).parents[3]
    with vanishing_host() as host:
        host.run("sysctl", "-qw", f"net.ipv4.ping_group_range={groups}")
        command = ("ip", "netns", "exec", host.namespace, sys.executable, "-c", ASK_AS_NOBODY)
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=root, timeout=60, check=False
        )
    assert done.stdout.startswith(said), done.stderr
    assert ("net.ipv4.ping_group_range" in done.stdout) == (said == "refused")
