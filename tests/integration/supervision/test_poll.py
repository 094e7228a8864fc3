"""Pings, for real: this machine, a host that vanishes, and an account that may not send any."""

import asyncio
import subprocess
import sys
from ipaddress import IPv4Address, ip_address
from pathlib import Path

import pytest

from supervision.poll import AT_ONCE, TRIES, Pinger
from territory.clock import SystemClock
from tests.integration.supervision.ground import vanishing_host

pytestmark = pytest.mark.namespace

PATIENT_SECONDS = 30.0
"""However slow the machine."""
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
    pinger = Pinger(SystemClock(), timeout_seconds=PATIENT_SECONDS)
    reading = await pinger.read(ip_address("127.0.0.1"))
    assert reading.round_trip_seconds is not None
    assert 0 < reading.round_trip_seconds < PATIENT_SECONDS
    assert reading.perfect
    await pinger.close()


async def until_it_answers(pinger: Pinger, host: IPv4Address) -> None:
    """Ask until a host answers: a link that was mended carries again when the kernel finds time."""
    async with asyncio.timeout(PATIENT_SECONDS):
        while (await pinger.read(host)).round_trip_seconds is None:
            pass


async def test_a_host_that_vanishes_is_asked_three_times() -> None:
    """Silence is only told after three tries, in bounded time; the host comes back as it was."""
    pinger = Pinger(SystemClock(), timeout_seconds=0.2)
    with vanishing_host() as host:
        await until_it_answers(pinger, host.address)
        host.cut()
        async with asyncio.timeout(pinger.longest_poll_seconds + PATIENT_SECONDS):
            silent = await pinger.read(host.address)
        assert (silent.round_trip_seconds, silent.tries) == (None, TRIES)
        host.mend()
        await until_it_answers(pinger, host.address)
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
        await until_it_answers(pinger, IPv4Address("127.0.0.1"))
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


async def test_what_is_silent_keeps_nobody_waiting() -> None:
    """Twice as many as have a place are silent; what lives answers long before they are told."""
    pinger = Pinger(SystemClock(), timeout_seconds=4.0)
    with vanishing_host() as silent, vanishing_host() as alive:
        silent.cut()
        gone = [asyncio.create_task(pinger.read(silent.address)) for _ in range(2 * AT_ONCE)]
        reading = await pinger.read(alive.address)
        assert reading.perfect
        assert not any(each.done() for each in gone)
        for each in gone:
            each.cancel()
        await asyncio.gather(*gone, return_exceptions=True)
    await pinger.close()


LATE = """
import socket, struct, time
echo = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
print("ready", flush=True)
asked = []
while len(asked) < 3:
    packet, (whence, _) = echo.recvfrom(2048)
    if packet[20] == 8:
        asked.append((packet[20:], whence))
for question, whence in asked:
    words = bytes((0, 0, 0, 0)) + question[4:]
    total = sum(struct.unpack(f">{len(words) // 2}H", words))
    total = (total >> 16) + (total & 0xFFFF)
    check = ~(total + (total >> 16)) & 0xFFFF
    echo.sendto(words[:2] + struct.pack(">H", check) + words[4:], (whence, 0))
print("answered", flush=True)
"""
"""Answers the first three questions together, once the third has come; the kernel is silent."""


async def test_a_late_answer_is_nobodys() -> None:
    """The answers of two questions whose time is over come with the third's: that one alone counts.

    It has its own round trip, and its reading says that it took three tries.
    """
    pinger = Pinger(SystemClock(), timeout_seconds=2.0)
    with vanishing_host() as host:
        host.run("sysctl", "-qw", "net.ipv4.icmp_echo_ignore_all=1")
        inside = ("ip", "netns", "exec", host.namespace, sys.executable, "-c", LATE)
        late = await asyncio.create_subprocess_exec(*inside, stdout=subprocess.PIPE)
        assert late.stdout
        assert await late.stdout.readline() == b"ready\n"
        reading = await pinger.read(host.address)
        assert (await late.communicate())[0] == b"answered\n"
    assert reading.tries == TRIES
    assert reading.round_trip_seconds is not None
    assert reading.round_trip_seconds < 2.0
    assert not reading.perfect
    await pinger.close()
