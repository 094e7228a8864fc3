"""Debian's hostapd as the NAS: a station is really thrown out, and it refuses as it must.

The whole way: its accounting opens the session, a command row asks, hostapd acknowledges, the
station is gone, and its Stop ends the session. hostapd is set to demand Event-Timestamp and
Message-Authenticator.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from radius.coa_counters import CoaCounters
from radius.coa_lines import Line, Request, over_udp
from radius.coa_packets import Answer, Ask, SessionNames, encode_names
from radius.dialects import Dialect, dialect_of
from radius.exchange import ACCOUNTING
from radius.nas import Nas
from radius.protocol.authenticators import SharedSecret
from radius.protocol.numbers import (
    ACCT_SESSION_ID,
    CALLING_STATION_ID,
    NAS_IDENTIFIER,
    USER_NAME,
)
from territory.clock import Clock, SystemClock
from territory.database.commands import Outcome, Target
from territory.vocabulary import Brand
from tests.integration.radius.conftest import WAIT_SECONDS, Lab
from tests.integration.radius.test_coa import asked, point
from tests.servers import hostapd as wired
from tests.servers.hostapd import Hostapd, running_hostapd
from tests.servers.territory import SHARED_SECRET
from tests.unit.radius.sample import NAS

SILENCE_SECONDS = 1.0
NOBODY = SessionNames("nobody", "none", None, None, wired.NAS_IDENTIFIER)
GUEST = replace(NOBODY, user_name=wired.USER_NAME, device=wired.STATION)


@pytest.fixture
def clock() -> Clock:
    """The machine's: hostapd compares Event-Timestamp with its own."""
    return SystemClock()


@pytest.fixture
async def hostapd(lab: Lab, tmp_path: Path) -> AsyncIterator[Hostapd]:
    """hostapd with a station online, known to the territory as a NAS of no brand."""
    await lab.told("update territory.gateway set brand = 'generic' where code = 'mairie'")
    async with running_hostapd(tmp_path, lab.server.port(ACCOUNTING)) as hostapd:
        await point(lab, "mairie-nas", hostapd.das_port)
        await hostapd.sign_in()
        yield hostapd


async def open_session(lab: Lab) -> UUID:
    """Return the session that hostapd's accounting has opened."""
    (row,) = await lab.rows_once(
        "select session_key from live.session where ended_at is null", lambda rows: len(rows) == 1
    )
    return UUID(str(row["session_key"]))


def line_to(hostapd: Hostapd, secret: str = SHARED_SECRET) -> tuple[Nas, Line]:
    """Return a line of our own to it."""
    nas = replace(
        NAS,
        address="127.0.0.1",
        coa_port=hostapd.das_port,
        secret=SharedSecret(secret.encode()),
        brand=Brand.GENERIC,
    )
    return nas, Line(nas, [over_udp("127.0.0.1")], CoaCounters())


async def ask(
    line: Line,
    names: SessionNames,
    dialect: Dialect,
    now: datetime | None = None,
    seconds: float = WAIT_SECONDS,
) -> Answer | None:
    """Ask for a disconnection by these names; None after so many seconds of silence."""
    request = Request(Ask.DISCONNECT, encode_names(names, dialect), bare=False)
    try:
        async with asyncio.timeout(seconds):
            return await line.ask(request, lambda: now or SystemClock().now())
    except TimeoutError:
        return None
    finally:
        line.close()


async def test_the_station_is_gone(lab: Lab, hostapd: Hostapd) -> None:
    """Start, Disconnect-Request, ACK, station disconnected, Stop: the session's row has ended."""
    key = await open_session(lab)
    result = await asked(lab, Target(session_key=key))
    assert result.outcome is Outcome.CLOSED
    await hostapd.says("AP-STA-DISCONNECTED")
    query = f"select ended_at from live.session where session_key = '{key}'"
    await lab.rows_once(query, lambda rows: rows[0]["ended_at"] is not None)


async def test_what_hostapd_refuses_and_ignores(lab: Lab, hostapd: Hostapd) -> None:
    """NAK 503 for a stranger, 403 for another NAS, 401 for new rights; silence for a wrong secret
    and for an Event-Timestamp that is out of its window (RFC 5176 §6.3)."""
    generic = dialect_of(Brand.GENERIC)
    _, line = line_to(hostapd)
    assert await ask(line, NOBODY, generic) == Answer(acknowledged=False, error_cause=503)
    elsewhere = replace(GUEST, nas_handle="another-nas")
    assert await ask(line, elsewhere, generic) == Answer(acknowledged=False, error_cause=403)
    late = SystemClock().now() - timedelta(seconds=600)
    by_device = Dialect(keys=(CALLING_STATION_ID,), source="")
    assert await ask(line, GUEST, by_device, late, SILENCE_SECONDS) is None
    _, forger = line_to(hostapd, "another-secret-of-24-characters")
    assert await ask(forger, GUEST, by_device, seconds=SILENCE_SECONDS) is None


@pytest.mark.parametrize("key", [ACCT_SESSION_ID, CALLING_STATION_ID, USER_NAME])
async def test_each_name_alone_is_enough(lab: Lab, hostapd: Hostapd, key: int) -> None:
    """By Acct-Session-Id, by Calling-Station-Id and by User-Name, with hostapd's own name."""
    session = await open_session(lab)
    row = await lab.row("select acct_session_id from live.session where session_key = $1", session)
    names = replace(GUEST, acct_session_id=row["acct_session_id"])
    _, line = line_to(hostapd)
    answer = await ask(line, names, Dialect(keys=(key, NAS_IDENTIFIER), source=""))
    assert answer == Answer(acknowledged=True)
    await hostapd.says("AP-STA-DISCONNECTED")


async def test_new_rights_are_refused_in_words(lab: Lab, hostapd: Hostapd) -> None:
    """hostapd knows no Session-Timeout in a CoA-Request: NAK 401, also with the names alone."""
    credential = await lab.grant()
    key = await open_session(lab)
    await lab.rows(
        "update live.session set admission_id = $1 where session_key = $2",
        credential.admission_id,
        key,
    )
    result = await asked(lab, Target(session_key=key), or_disconnect=False)
    assert (result.outcome, result.error_cause) == (Outcome.REFUSED, 401)
    assert "ne connaît pas un des attributs" in result.words
