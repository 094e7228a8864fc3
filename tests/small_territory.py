"""A small territory's days, written as RADIUS writes them, and what is known of each beforehand.

Three sites that can answer differently (blocks of ports, NAT logs, neither), seven sessions each
day, each of a device that comes on no other day. The records go through the ledger's own statement
(radius/statements.py), a day of them at a time.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from ipaddress import IPv4Address, IPv6Address
from typing import Final, Self

from asyncpg.pgproto import pgproto

from radius.accounting import Record
from radius.accounting_ledger import record_batch
from radius.database import connect
from radius.group_commit import Connection
from territory.identifiers import MacAddress
from territory.rules.port_blocks import PortBlocks
from territory.rules.session_key import session_key
from tests.evidence import START, STOP, Evidence, Place

DAY: Final = timedelta(days=1)
BLOCKS = Place("verdun-mairie", "192.0.2.10")
NAT_LOGS = Place("commercy-mairie", "192.0.2.20")
NEITHER = Place("bar-mediatheque", "192.0.2.30")
SITES: Final = (BLOCKS, NAT_LOGS, NEITHER)
SHARED_OUT: Final = PortBlocks(IPv4Address("10.1.0.10"), IPv4Address("10.1.0.99"))
"""How the first site shares its ports out."""
NAT_PORT: Final = 40_112
"""Where the second site's gateway put each of its devices' connections, one after another."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A session that comes each day."""

    number: int
    place: Place
    begins: time
    minutes: int

    def began_at(self, day: date) -> datetime:
        """Return when it begins."""
        return datetime.combine(day, self.begins, UTC)

    def ended_at(self, day: date) -> datetime:
        """Return when it ends; the last of a day does on the next."""
        return self.began_at(day) + timedelta(minutes=self.minutes)

    def device(self, day: date) -> str:
        """Return a MAC address that no other slot and no other day has."""
        return str(MacAddress(bytes((2, self.number)) + day.toordinal().to_bytes(4)))

    def user_name(self, day: date) -> str:
        """Return the opaque name of its right."""
        return f"opaque-{day:%Y%m%d}-{self.number}"

    def address6(self, day: date) -> IPv6Address | None:
        """Return an IPv6 address that no other session has; None where the site gives none."""
        if self.place is not NEITHER:
            return None
        return IPv6Address(f"2001:db8:{day.year - 2000:x}:{day:%m%d}::{self.number + 1:x}")

    @property
    def address(self) -> IPv4Address:
        """Its private address; each site uses the same ones."""
        return IPv4Address("10.1.0.10") + self.number


SLOTS: Final = (
    Slot(0, BLOCKS, time(9), 40),
    Slot(1, BLOCKS, time(9, 10), 60),
    Slot(2, NAT_LOGS, time(0, 20), 30),
    Slot(3, NAT_LOGS, time(1, 20), 30),
    Slot(4, NEITHER, time(11), 50),
    Slot(5, NEITHER, time(11, 15), 50),
    Slot(6, BLOCKS, time(23, 30), 60),
)


class SmallTerritory:
    """The territory in a database, and a ledger's connection to it."""

    def __init__(self, evidence: Evidence, ledger: Connection) -> None:
        self._evidence = evidence
        self._ledger = ledger

    @classmethod
    @asynccontextmanager
    async def laid(cls, evidence: Evidence, first: date) -> AsyncIterator[Self]:
        """Describe the sites, whose records begin on a day."""
        await evidence.describe(*SITES)
        await evidence.days(str(first), 1)
        await evidence.fetch(
            "INSERT INTO territory.port_blocks (id, site_id, first_address, last_address, ports,"
            " first_port, last_port, valid_from, in_force_since) VALUES (gen_random_uuid(), $1, $2,"
            " $3, $4, $5, $6, '2026-01-01', '2026-01-01')",
            *(BLOCKS.site_id, SHARED_OUT.first_address, SHARED_OUT.last_address),
            *(SHARED_OUT.ports, SHARED_OUT.first_port, SHARED_OUT.last_port),
        )
        ledger = await connect(evidence.owner_url)
        try:
            yield cls(evidence, ledger)
        finally:
            await ledger.close()

    async def record(self, day: date) -> None:
        """Write a day's sessions: all that began, all that ended, who was let in, what NAT told."""
        await self._ledger.execute("SELECT live.ensure_days($1, 2)", day)
        for kind in (START, STOP):
            await record_batch(self._ledger, sorted(_record(slot, day, kind) for slot in SLOTS))
        places = [(slot.place, slot) for slot in SLOTS]
        await self._ledger.execute(
            _LET_IN,
            [slot.began_at(day) for slot in SLOTS],
            [place.nas_id for place, _ in places],
            [place.site_id for place, _ in places],
            [MacAddress.parse(slot.device(day)).octets for slot in SLOTS],
        )
        told = [slot for slot in SLOTS if slot.place is NAT_LOGS]
        await self._ledger.execute(
            _TRANSLATED,
            NAT_LOGS.site_id,
            IPv4Address(NAT_LOGS.public_address).packed,
            NAT_PORT,
            [slot.address.packed for slot in told],
            [slot.began_at(day) for slot in told],
            [slot.ended_at(day) for slot in told],
        )


_LET_IN: Final = """
    INSERT INTO security.authentication (received_at, nas_id, site_id, device, outcome, reason)
    SELECT at, nas, site, device, 'accept', 'admission'
    FROM unnest($1::timestamptz[], $2::uuid[], $3::uuid[], $4::macaddr[])
        AS told(at, nas, site, device)
"""
_TRANSLATED: Final = """
    INSERT INTO source.translation (received_at, site_id, address, protocol, public_address,
        port_first, port_last, at, held_from, held_until)
    SELECT ended, $1, private, 6, $2, $3, $3, ended, began, ended
    FROM unnest($4::inet[], $5::timestamptz[], $6::timestamptz[]) AS told(private, began, ended)
"""


def _record(slot: Slot, day: date, kind: int) -> Record:
    """Return what the site's NAS tells when a session begins or ends."""
    place, device = slot.place, MacAddress.parse(slot.device(day)).octets
    name, ends = f"{day:%Y%m%d}{slot.number}", kind == STOP
    at = slot.ended_at(day) if ends else slot.began_at(day)
    return Record(
        session_key=pgproto.UUID(
            session_key(place.nas_id, place.code.encode(), name.encode(), device)
        ),
        nas_id=place.nas_id,
        site_id=place.site_id,
        nas_handle=place.code,
        acct_session_id=name,
        admission_id=None,
        user_name=slot.user_name(day),
        device=device,
        address=slot.address.packed,
        address6=(address6.packed,) if (address6 := slot.address6(day)) else (),
        started_at=slot.began_at(day),
        last_seen_at=at,
        ended_at=at if ends else None,
        session_seconds=slot.minutes * 60 if ends else 0,
        upload_octets=1_000 if ends else 0,
        download_octets=10_000 if ends else 0,
        terminate_cause=1 if ends else None,
        first_key=None,
        upload_carried=0,
        download_carried=0,
        kind=kind,
        nas_time=at,
        delay_seconds=0,
    )
