"""Phones in front of the portal: what a gateway's redirect, a button and a hand-back take.

A phone asks as a log-in window does: the first page, then the form it holds, then the 303 back to
its gateway, where the credential is read. It comes from an address of its own, as behind a front
that the portal trusts; nothing but loopback is asked.
"""

import hashlib
import os
import re
import time
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import aiohttp
from yarl import URL

from tests.benchmarks.ours import GATEWAY, UAM_SECRET
from tests.benchmarks.registry import Spoiled

_VISIT = re.compile(r'name="visit" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """What a phone has at the end of its log-in."""

    user_name: str
    """Of the credential it was handed."""
    page_octets: int
    """Of the first page, on the wire."""
    seconds: float
    """From the redirect to the hand-back."""


def redirect(portal: str, number: int) -> str:
    """Return the address a gateway sends phone `number` to, signed."""
    octets = (0x0200_0000_0000 + number).to_bytes(6).hex("-").upper()
    told = (
        f"res=notyet&uamip=10.1.0.1&uamport=3990&challenge={os.urandom(16).hex()}"
        f"&called=02-00-00-00-00-10&mac={octets}&ip=10.1.0.2&nasid={GATEWAY}"
        f"&sessionid={number:016x}&userurl=http%3a%2f%2fexample.org%2f"
    )
    base = f"{portal}/gateway/coovachilli"
    signature = hashlib.md5(f"{base}?{told}{UAM_SECRET}".encode()).hexdigest().upper()
    return f"{base}?{told}&md={signature}"


async def log_in(session: aiohttp.ClientSession, portal: str, number: int) -> LoggedIn:
    """Go from the redirect to the hand-back.

    Raises:
        Spoiled: any other answer than the one a guest must get.
    """
    headers = {"X-Forwarded-For": f"198.18.{number >> 8 & 255}.{number & 255}"}
    began = time.perf_counter()
    address = URL(redirect(portal, number), encoded=True)
    async with session.get(address, headers=headers, allow_redirects=False) as answer:
        page = await answer.text()
        octets = int(answer.headers.get("Content-Length", 0))
    found = _VISIT.search(page)
    if found is None:
        raise Spoiled(f"the first page is not one: {answer.status}")
    form = {"visit": found[1]}
    async with session.post(
        f"{portal}/visite", data=form, headers=headers, allow_redirects=False
    ) as back:
        location = back.headers.get("Location", "")
    name = parse_qs(urlsplit(location).query).get("username", [""])[0]
    if back.status != 303 or not name:
        raise Spoiled(f"no hand-back: {back.status}")
    return LoggedIn(name, octets, time.perf_counter() - began)
