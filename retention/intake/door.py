"""Between the sockets and the queue: who may tell, how fast, and what is kept of it.

A datagram that finds the queue full, or whose sender is too fast, is dropped and counted; a stream
waits, so that its sender keeps what it has. What a site tells beyond a day's ration is dropped and
counted however it comes, since a day has to be sealed with all its sites. Nothing of a message
outlives the call that reads it.
"""

import asyncio
import time
from collections.abc import Mapping
from datetime import date
from uuid import UUID

from retention.intake.evidence import Row, row_of
from retention.intake.framing import MOST_OCTETS
from retention.intake.ipfix import read_message
from retention.intake.lines import is_whole_utf8, read_line
from retention.intake.metrics import IntakeMetrics
from retention.intake.pace import Pace, Ration
from retention.intake.senders import Senders
from retention.intake.templates import Templates
from retention.intake.translation import Translation
from territory.clock import Clock
from territory.errors import ProtocolError

IPFIX = "ipfix"


class Door:
    """Takes messages in; `rows` is what the writer makes durable."""

    def __init__(
        self, clock: Clock, metrics: IntakeMetrics, *, waiting: int, a_second: int, a_day: int
    ) -> None:
        self.rows: asyncio.Queue[Row] = asyncio.Queue(waiting)
        self.senders = Senders()
        self.metrics = metrics
        self._clock = clock
        self._a_second = a_second
        self._paces: dict[UUID, Pace] = {}
        self._ration = Ration(a_day)
        self._templates = Templates()

    def know(self, senders: Senders) -> None:
        """Take these for the senders from now on."""
        self.senders = senders
        self.metrics.know(senders.codes.values())
        sites = {*senders.by_address.values(), *senders.by_name.values()}
        self._paces = {site: pace for site, pace in self._paces.items() if site in sites}

    def resume(self, day: date, taken: Mapping[UUID, int]) -> None:
        """Count what the sites had told on a day before this process began."""
        self._ration.resume(day, taken)

    def datagram(self, carrier: str, octets: bytes, sender: str) -> None:
        """Take in a datagram of syslog, or of IPFIX."""
        site = self.senders.site_at(sender)
        if site is None:
            self.metrics.fault("unknown-sender")
        elif self.wait_seconds(site):
            self.metrics.cut(self.senders.codes.get(site, ""), "too-fast")
        else:
            rows = self._read(carrier, octets, site, sender)
            self._paces[site].charge(max(0, len(rows) - 1))
            for row in rows:
                self._offer(row)

    async def message(self, carrier: str, octets: bytes, site: UUID) -> None:
        """Take in one syslog message of a stream, once there is room for it."""
        await asyncio.sleep(self.wait_seconds(site))
        for row in self._read(carrier, octets, site):
            await self.rows.put(row)
        self.metrics.waiting.set(self.rows.qsize())

    def wait_seconds(self, site: UUID) -> float:
        """Count one message of a site's gateways; return how long it should have waited."""
        now = time.monotonic()
        pace = self._paces.get(site) or self._paces.setdefault(site, Pace.of(self._a_second, now))
        return pace.take(now)

    def _read(self, carrier: str, octets: bytes, site: UUID, sender: str = "") -> list[Row]:
        self.metrics.messages.labels(carrier).inc()
        told = self._flows(octets, sender) if carrier == IPFIX else self._line(octets)
        received_at, may_wait = self._clock.now(), not sender
        rows = []
        for each in told:
            try:
                row = row_of(each, site, received_at, may_wait=may_wait)
            except ProtocolError as fault:
                self.metrics.drop(fault.reason)
                continue
            if self._ration.take(site, received_at.date()):
                rows.append(row)
            else:
                self.metrics.cut(self.senders.codes.get(site, ""), "too-many")
        return rows

    def _line(self, octets: bytes) -> list[Translation]:
        if len(octets) > MOST_OCTETS:
            self.metrics.fault("oversized")
            return []
        if not is_whole_utf8(octets):
            self.metrics.fault("not-utf8")
        try:
            line = read_line(octets)
        except ProtocolError as fault:
            self.metrics.fault(fault.reason)
            return []
        if line.translation is None:
            return []
        self.metrics.told.labels(line.maker).inc()
        return [line.translation]

    def _flows(self, octets: bytes, sender: str) -> list[Translation]:
        told = read_message(octets, sender, self._templates)
        for cause in told.faults:
            self.metrics.fault(f"ipfix-{cause}")
        self.metrics.told.labels(IPFIX).inc(len(told.translations))
        return told.translations

    def _offer(self, row: Row) -> None:
        try:
            self.rows.put_nowait(row)
        except asyncio.QueueFull:
            self.metrics.drop("queue-full")
        self.metrics.waiting.set(self.rows.qsize())
