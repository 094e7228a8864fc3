"""Which slices answer a question, and how surely: pure, over the rows of opened segments.

About an address: one device, or several that nothing tells apart (all are named), or none; each
certain or only possible, because an end that was never announced is known within its uncertainty.
About a device, a person or a site: every slice that meets the interval.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv6Network

import pyarrow as pa
import pyarrow.compute as pc

from retention.cases.question import (
    AddressQuestion,
    DeviceQuestion,
    PersonQuestion,
    Question,
    SiteQuestion,
)
from retention.cases.selection import Criterion, Row, mask
from territory.errors import ProtocolError
from territory.identifiers import MacAddress

WHERE_AND_WHEN = (
    "site",
    *("from", "until", "from_uncertainty_seconds", "until_uncertainty_seconds"),
)
"""The columns that `places` reads."""
_SECOND = 1_000_000
_TO_NEXT_SECOND = timedelta(microseconds=_SECOND - 1)
_PROTOCOLS = {"tcp": 6, "udp": 17}
"""By their IANA numbers, as the slices have them."""


class Certainty(StrEnum):
    """How sure it is that a device had the address at the time asked."""

    CERTAIN = "certain"
    POSSIBLE = "possible"
    """Within the uncertainty of when its interval began or ended."""


class Outcome(StrEnum):
    """What the whole answer is."""

    ONE = "one device"
    POSSIBLE = "one device, possibly"
    AMBIGUOUS = "ambiguous"
    FOUND = "found"
    """What was asked about is there: a device, a person, a site during an interval."""
    NOTHING = "nothing found"


@dataclass(frozen=True, slots=True)
class Attribution:
    """A device that had an address during an interval that meets the question."""

    device: str | None
    """MAC address as the NAS told it; None where it told none."""
    site: str
    public_address: str | None
    """What the Internet saw; None: not known."""
    ports: tuple[int, int] | None
    """First and last port that were the device's alone; None: it shared them all."""
    protocol: int | None
    """IANA number; None: any."""
    address: str | None
    """Private IPv4 address."""
    addresses6: tuple[str, ...]
    began_at: datetime
    until: datetime
    """Not included."""
    until_is: str
    """stop, change, day_end or last_seen (see the format)."""
    earlier_seconds: int
    """It may have begun as much earlier."""
    later_seconds: int
    """It may have lasted as much longer."""
    user_name: str | None
    """Opaque name of the right it used."""
    session: str
    nas_clock_offset_seconds: int | None
    part: int
    """0 from the day's own segment, above from a supplement."""
    certainty: Certainty = Certainty.CERTAIN

    @property
    def is_random(self) -> bool:
        """Whether the device made its MAC address up."""
        try:
            return bool(self.device) and MacAddress.parse(self.device or "").is_locally_administered
        except ProtocolError:
            return False

    @property
    def place(self) -> tuple[str, str | None]:
        """Where ports are shared: a site and one of its public addresses."""
        return self.site, self.public_address


@dataclass(frozen=True, slots=True)
class Found:
    """The devices that meet the question."""

    outcome: Outcome
    attributions: tuple[Attribution, ...]
    """All of them, by site and device, then by time."""
    devices: int
    """How many different devices."""


def criterion(question: Question, user_names: frozenset[str] = frozenset()) -> Criterion:
    """Return which slices to read; `user_names`: those of the person asked about."""
    match question:
        case AddressQuestion(public_address=address) if ":" in address:
            own = frozenset([address, *_prefixes_of(address)])
            return Criterion("public_address", frozenset([address]), "addresses6", own)
        case AddressQuestion(public_address=address):
            return Criterion("public_address", frozenset([address]))
        case DeviceQuestion(device=device):
            return Criterion("device", frozenset([device]))
        case SiteQuestion(site=site):
            return Criterion("site", frozenset([site]))
        case PersonQuestion():
            return Criterion("user_name", user_names)


def concerned(
    slices: pa.Table, question: Question, user_names: frozenset[str] = frozenset()
) -> pa.Table:
    """Return the slices that a question may be about, uncertain ones and every port's included."""
    return _meeting(slices.filter(mask(slices, criterion(question, user_names))), question)


def places(slices: pa.Table, question: Question) -> frozenset[str]:
    """Return the codes of the sites of which a slice may meet the question's time."""
    return frozenset(site for site in _meeting(slices, question)["site"].to_pylist() if site)


def _meeting(slices: pa.Table, question: Question) -> pa.Table:
    start, end = (round(moment.timestamp() * _SECOND) for moment in question.window)
    began, until = (slices[name].cast(pa.int64()) for name in ("from", "until"))
    earlier = pc.multiply(slices["from_uncertainty_seconds"], _SECOND)
    later = pc.multiply(slices["until_uncertainty_seconds"], _SECOND)
    begins_before = pc.less(pc.subtract(began, earlier), end)
    return slices.filter(pc.and_(begins_before, pc.greater(pc.add(until, later), start)))


def find(rows: Sequence[tuple[int, Row]], question: Question) -> Found:
    """Return who it was; `rows` are slices that meet the criterion, each with its part's number."""
    settled = _settle([_attribution(part, row) for part, row in rows])
    met = [a for a in (_judge(a, *question.window) for a in settled) if a]
    attributions = tuple(
        sorted(_by_port(met, question), key=lambda a: (a.site, a.device or "", a.began_at))
    )
    devices = len({(a.site, a.device or a.session) for a in attributions})
    return Found(_outcome(attributions, devices, question), attributions, devices)


def _outcome(attributions: Sequence[Attribution], devices: int, question: Question) -> Outcome:
    if not attributions:
        return Outcome.NOTHING
    if question.kind != "address":
        return Outcome.FOUND
    if devices > 1:
        return Outcome.AMBIGUOUS
    is_certain = any(a.certainty is Certainty.CERTAIN for a in attributions)
    return Outcome.ONE if is_certain else Outcome.POSSIBLE


def _prefixes_of(address: str) -> Iterable[str]:
    """Return every IPv6 prefix that contains the address, as the slices write them."""
    return [str(IPv6Network((address, length), strict=False)) for length in range(128)]


def _attribution(part: int, row: Row) -> Attribution:
    first, last = row["port_first"], row["port_last"]
    return Attribution(
        device=row["device"],
        site=row["site"] or "",
        public_address=row["public_address"],
        ports=None if first is None else (first, first if last is None else last),
        protocol=row.get("protocol"),
        address=row["address"],
        addresses6=tuple(row["addresses6"] or ()),
        began_at=row["from"],
        until=row["until"],
        until_is=row["until_is"],
        earlier_seconds=row["from_uncertainty_seconds"],
        later_seconds=row["until_uncertainty_seconds"],
        user_name=row["user_name"],
        session=row["session"],
        nas_clock_offset_seconds=row["nas_clock_offset_seconds"],
        part=part,
    )


def _settle(attributions: Sequence[Attribution]) -> list[Attribution]:
    """Let what a supplement tells correct what was known before: above all, an end."""
    stops: dict[str, list[Attribution]] = defaultdict(list)
    for attribution in attributions:
        if attribution.until_is == "stop":
            stops[attribution.session].append(attribution)
    return [_stopped(attribution, stops) for attribution in attributions]


def _stopped(attribution: Attribution, stops: Mapping[str, Sequence[Attribution]]) -> Attribution:
    latest = attribution.until + timedelta(seconds=attribution.later_seconds)
    for stop in stops.get(attribution.session, ()):
        if stop.part > attribution.part and attribution.began_at <= stop.until < latest:
            return replace(attribution, until=stop.until, until_is="stop", later_seconds=0)
    return attribution


def _judge(attribution: Attribution, first: datetime, end: datetime) -> Attribution | None:
    """Return the attribution with its certainty for the window [first, end); None outside of it."""
    if attribution.began_at < end and attribution.until > first:
        return replace(attribution, certainty=Certainty.CERTAIN)
    began = attribution.began_at - timedelta(seconds=attribution.earlier_seconds)
    ended = attribution.until + timedelta(seconds=attribution.later_seconds)
    if began < end and ended > first:
        return replace(attribution, certainty=Certainty.POSSIBLE)
    return None


def _by_port(met: list[Attribution], question: Question) -> list[Attribution]:
    """Return whom the port leaves.

    All who held it, be they several at once. Where it was certainly held all the time asked about,
    who shared that address without a port of their own is meant no more. Else (a log may be lost,
    an end untold) they all still are. Asked without a protocol, it is two ports. An IPv6 address is
    a device's own, and so are all its ports.
    """
    port = question.port if question.kind == "address" else None
    if question.kind != "address" or port is None or ":" in question.public_address:
        return _told_once(met)
    named = question.protocol and _PROTOCOLS.get(question.protocol)
    protocols = frozenset([named] if named else _PROTOCOLS.values())
    holders = [a for a in met if _holds(a, port, protocols)]
    places = {
        place
        for place, held in _by_place(holders).items()
        if all(_fill(_by_protocol(held, one), *question.window) for one in protocols)
    }
    sharers = [a for a in met if a.ports is None and a.place not in places]
    return holders + sharers


def _holds(attribution: Attribution, port: int, protocols: frozenset[int]) -> bool:
    if attribution.ports is None or not attribution.ports[0] <= port <= attribution.ports[1]:
        return False
    return attribution.protocol is None or attribution.protocol in protocols


def _by_protocol(holders: Iterable[Attribution], protocol: int) -> list[Attribution]:
    return [a for a in holders if a.protocol in (None, protocol)]


def _by_place(
    attributions: Iterable[Attribution],
) -> Mapping[tuple[str, str | None], list[Attribution]]:
    places: defaultdict[tuple[str, str | None], list[Attribution]] = defaultdict(list)
    for attribution in attributions:
        places[attribution.place].append(attribution)
    return places


def _fill(holders: Iterable[Attribution], first: datetime, end: datetime) -> bool:
    """Whether a port was certainly held in each second of the window [first, end).

    To the second, as instants are asked and most gateways tell them.
    """
    reached = first
    for holder in sorted(holders, key=lambda a: a.began_at):
        if holder.certainty is Certainty.CERTAIN and _second_of(holder.began_at) <= reached:
            reached = max(reached, _second_of(holder.until + _TO_NEXT_SECOND))
    return reached >= end


def _second_of(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _told_once(met: list[Attribution]) -> list[Attribution]:
    """Leave out the ports of a session that is told without them too: they add nobody."""
    told = {a.session for a in met if a.ports is None}
    return [a for a in met if a.ports is None or a.session not in told]
