"""Polls each controller once an interval, and remembers what it last said of each access point.

    doors of the territory -> one conversation each: lists, then details -> Adopted, by MAC address
    lists and description  -> differences -> live.controller_seen
    Adopted                -> ControllerFacts, for health; lines, for /metrics

In memory alone, for one interval: what is not said anew is not known any more. A controller that
does not answer makes nobody down: its access points are of unknown state, and only as far as
nothing else tells of them. A list that ends in the middle is no list; details that are late are
absent, and those that were asked longest ago come first the next time.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from supervision.controllers.adopted import Adopted, sample
from supervision.controllers.differences import Described, compare
from supervision.controllers.omada import OmadaReader
from supervision.controllers.reader import Reader
from supervision.controllers.records import Door, Heard, Make, Place
from supervision.controllers.unifi import UnifiReader
from supervision.controllers.unifi_legacy import UnifiLegacyReader
from supervision.facts import ControllerFacts
from supervision.snmp.exposition import Lines, Name, lines
from territory.clock import Clock
from territory.controllers.https import Conversation
from territory.controllers.record import ControllerFault, ControllerRecord, Trouble
from territory.identifiers import MacAddress

AT_ONCE: Final = 16
"""Controllers asked at the same time."""
FIRST_WAIT: Final = timedelta(minutes=15)
"""After a refused account; the next waits are twice as long, each, up to the longest."""
LONGEST_WAIT: Final = timedelta(hours=4)
READERS: Final[Mapping[Make, Callable[[ControllerRecord], Reader]]] = {
    ("unifi", "official"): UnifiReader,
    ("unifi", "legacy"): UnifiLegacyReader,
    ("omada", "controller"): OmadaReader,
}
"""Who asks which make."""
_NEVER = datetime.min.replace(tzinfo=UTC)
_OF_THE_WHOLE: Final = frozenset({Trouble.SILENT, Trouble.CERTIFICATE, Trouble.ACCOUNT})
"""What another question to it would not change; an account may be locked by trying."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Seen:
    """One access point, as far as its controller told."""

    place: Place
    """Whose list it was in."""
    adopted: Adopted
    misses: int = 1
    """Polls in a row, up to the last, that did not find it online."""
    detailed_at: datetime = _NEVER


@dataclass(slots=True)
class _Answers:
    """What one conversation brought."""

    places: tuple[Place, ...]
    """All that was asked about."""
    listed: dict[Place, list[Adopted]] = field(default_factory=dict)
    detailed: dict[MacAddress, Adopted] = field(default_factory=dict)
    faults: dict[Place, ControllerFault] = field(default_factory=dict)
    broke_off: ControllerFault | None = None
    """Why it ended before its end."""


@dataclass(frozen=True, slots=True)
class _Known:
    """One controller, from one poll to the next."""

    reader: Reader
    refused_until: datetime = _NEVER
    """It refused the account: it is not asked before."""
    wait: timedelta = FIRST_WAIT
    """How long the next refusal is waited for."""


class Controllers:
    """The controllers of one territory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[tuple[Make, ControllerRecord], _Known] = {}
        self._seen: dict[MacAddress, Seen] = {}
        self._troubles: dict[Place, Trouble] = {}
        self._names: Mapping[MacAddress, Name] = {}

    def follow(self, names: Mapping[MacAddress, Name]) -> None:
        """Know these access points by their names at /metrics, and tell of no other there."""
        self._names = names

    def facts(self, mac: MacAddress | None) -> ControllerFacts | None:
        """Return what health needs of an access point; None where no controller ever had it."""
        seen = None if mac is None else self._seen.get(mac)
        if seen is None:
            return None
        return ControllerFacts(seen.adopted.online, seen.misses, seen.adopted.version)

    def told(self) -> dict[Name, Lines]:
        """Return what /metrics shows of access points that are online; any thread may ask."""
        shown = ((self._names.get(mac), seen.adopted) for mac, seen in self._seen.items())
        return {
            name: lines(name, sample(adopted), {})
            for name, adopted in shown
            if name is not None and adopted.online
        }

    async def poll(
        self, doors: Sequence[Door], described: Mapping[MacAddress, Described]
    ) -> list[Heard]:
        """Ask every controller, and return what became of each place."""
        asked = {(door.make, door.record) for door in doors}
        self._known = {key: kept for key, kept in self._known.items() if key in asked}
        room = asyncio.Semaphore(AT_ONCE)

        async def one(door: Door) -> _Answers:
            async with room:
                return await self._converse(door, described)

        answers = await asyncio.gather(*map(one, doors))
        self._remember(answers)
        return [heard for answer in answers for heard in self._heard(answer, described)]

    async def _converse(self, door: Door, described: Mapping[MacAddress, Described]) -> _Answers:
        key, now = (door.make, door.record), self._clock.now()
        known = self._known.get(key) or _Known(READERS[door.make](door.record))
        found = _Answers(door.places)
        if now < known.refused_until:
            found.broke_off = ControllerFault(Trouble.ACCOUNT, "the account was refused of late")
        else:
            found.broke_off = await self._talk(known.reader, door, found, described)
            known = _after(known, found.broke_off, now)
        self._known[key] = known
        return found

    async def _talk(
        self,
        reader: Reader,
        door: Door,
        found: _Answers,
        described: Mapping[MacAddress, Described],
    ) -> ControllerFault | None:
        """Ask all there is to ask, and return why that ended early."""
        try:
            async with reader.conversation() as talk:
                await _list(reader, talk, door, found)
                await self._detail(reader, talk, found, described)
        except ControllerFault as fault:
            return fault
        except Exception as fault:
            log.exception("controller_broke_its_reader", make=door.make)
            reader.forget()
            return ControllerFault(Trouble.UNREADABLE, f"an answer nobody foresaw: {type(fault)}")
        return None

    async def _detail(
        self,
        reader: Reader,
        talk: Conversation,
        found: _Answers,
        described: Mapping[MacAddress, Described],
    ) -> None:
        """Ask more of those that are described and online, the longest unasked first."""
        for place, listed in found.listed.items():
            wanted = [each for each in listed if each.online and each.mac in described]
            wanted.sort(key=lambda each: self._detailed_at(each.mac))
            async for each in reader.detailed(talk, place.name, wanted):
                found.detailed[each.mac] = each

    def _detailed_at(self, mac: MacAddress) -> datetime:
        seen = self._seen.get(mac)
        return seen.detailed_at if seen else _NEVER

    def _remember(self, answers: Sequence[_Answers]) -> None:
        """Keep what was said; of what was not, for want of an answer, that it is not known."""
        before, now = self._seen, self._clock.now()
        told = {place: each for answer in answers for place, each in answer.listed.items()}
        silent = {place for answer in answers for place in answer.places} - told.keys()
        seen_now = {
            mac: replace(seen, adopted=replace(seen.adopted, online=None), misses=seen.misses + 1)
            for mac, seen in before.items()
            if seen.place in silent
        }
        details = {mac: each for answer in answers for mac, each in answer.detailed.items()}
        for place, each in ((place, each) for place, listed in told.items() for each in listed):
            known = before.get(each.mac)
            misses = 0 if each.online else 1 + (known.misses if known else 0)
            detailed_at = now if each.mac in details else self._detailed_at(each.mac)
            found = details.get(each.mac, each)
            seen_now[each.mac] = Seen(place, found, misses, detailed_at)
        self._seen = seen_now

    def _heard(self, found: _Answers, described: Mapping[MacAddress, Described]) -> Iterator[Heard]:
        now = self._clock.now()
        for place in found.places:
            listed = found.listed.get(place)
            fault = found.faults.get(place, found.broke_off)
            self._tell(place, fault)
            differences = None if listed is None else compare(place.site, listed, described)
            yield Heard(place, now, fault.trouble if fault else None, differences)

    def _tell(self, place: Place, fault: ControllerFault | None) -> None:
        """Log a trouble when it begins, changes and ends."""
        before = self._troubles.pop(place, None)
        if fault is not None:
            self._troubles[place] = fault.trouble
            if before is not fault.trouble:
                log.warning("controller_does_not_tell", site=place.site, cause=str(fault))
        elif before is not None:
            log.info("controller_tells_again", site=place.site)


def _after(known: _Known, fault: ControllerFault | None, now: datetime) -> _Known:
    """Return what is to be known of a controller from now on.

    An account that is refused is not tried again at once: consoles lock one, or the address that
    tries it, and the portal may let guests in by the same.
    """
    if fault is None or fault.trouble is not Trouble.ACCOUNT:
        return _Known(known.reader)
    return _Known(known.reader, now + known.wait, min(2 * known.wait, LONGEST_WAIT))


async def _list(reader: Reader, talk: Conversation, door: Door, found: _Answers) -> None:
    """List each place; a place that is refused leaves the others their turn.

    Raises:
        ControllerFault: the whole controller is at fault.
    """
    for place in door.places:
        try:
            found.listed[place] = await reader.listed(talk, place.name)
        except ControllerFault as fault:
            if fault.trouble in _OF_THE_WHOLE:
                raise
            reader.forget()
            found.faults[place] = fault
