"""Who had a public address, from a port, at a time: pure, over the opened slices of a day.

One device, or several that nothing tells apart (all are named), or none; each certain or only
possible, because an end that was never announced is known within its uncertainty.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv6Network
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from retention.question import Question
from territory.errors import ProtocolError
from territory.identifiers import MacAddress


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
    NOTHING = "nothing found"


@dataclass(frozen=True, slots=True)
class Attribution:
    """A device that had the address during an interval that meets the question."""

    device: str | None
    """MAC address as the NAS told it; None where it told none."""
    site: str
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


@dataclass(frozen=True, slots=True)
class Found:
    """The devices that meet the question."""

    outcome: Outcome
    attributions: tuple[Attribution, ...]
    """All of them, by device, then by time."""
    devices: int
    """How many different devices."""
    by_port: bool
    """Whether port blocks told devices apart."""


def find(slices: Sequence[tuple[int, pa.Table]], question: Question) -> Found:
    """Return who had the address; `slices` are opened segments, each with its part's number."""
    rows = [row for part, table in slices for row in _rows(table, part, question)]
    settled = _settle([_attribution(part, row) for part, row in rows])
    met = [a for a in (_judge(a, *question.window) for a in settled) if a]
    attributions = tuple(sorted(met, key=lambda a: (a.site, a.device or "", a.began_at)))
    devices = {(a.site, a.device or a.session) for a in attributions}
    return Found(
        outcome=_outcome(attributions, len(devices)),
        attributions=attributions,
        devices=len(devices),
        by_port=any(row["port_first"] is not None for _, row in rows),
    )


def _outcome(attributions: Sequence[Attribution], devices: int) -> Outcome:
    if devices > 1:
        return Outcome.AMBIGUOUS
    if any(a.certainty is Certainty.CERTAIN for a in attributions):
        return Outcome.ONE
    return Outcome.POSSIBLE if attributions else Outcome.NOTHING


def _rows(table: pa.Table, part: int, question: Question) -> Iterable[tuple[int, dict[str, Any]]]:
    """Yield the rows of the address asked, whatever their time; column-wise."""
    public = pc.fill_null(pc.equal(table["public_address"], question.public_address), False)
    rows = table.filter(pc.or_(public, _has_address6(table, question.public_address)))
    if question.port is not None:
        no_block = rows["port_first"].is_null()
        above = pc.less_equal(rows["port_first"], question.port)
        below = pc.greater_equal(rows["port_last"], question.port)
        rows = rows.filter(pc.or_kleene(no_block, pc.and_(above, below)))
    return [(part, row) for row in rows.to_pylist()]


def _has_address6(table: pa.Table, address: str) -> pa.Array:
    """Tell the rows whose device had this IPv6 address itself, or a prefix that contains it.

    No translation stands between.
    """
    lists = table["addresses6"].combine_chunks()
    own = pc.is_in(pc.list_flatten(lists), pa.array([address, *_prefixes_of(address)], pa.string()))
    rows = pc.list_parent_indices(lists).filter(own)
    return pc.is_in(pa.array(range(table.num_rows), rows.type), rows)


def _prefixes_of(address: str) -> Iterable[str]:
    """Return every IPv6 prefix that contains the address, as the slices write them."""
    if ":" not in address:
        return []
    return [str(IPv6Network((address, length), strict=False)) for length in range(128)]


def _attribution(part: int, row: dict[str, Any]) -> Attribution:
    return Attribution(
        device=row["device"],
        site=row["site"] or "",
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
    stops = [a for a in attributions if a.until_is == "stop"]
    return [_stopped(attribution, stops) for attribution in attributions]


def _stopped(attribution: Attribution, stops: Iterable[Attribution]) -> Attribution:
    latest = attribution.until + timedelta(seconds=attribution.later_seconds)
    for stop in stops:
        same = stop.session == attribution.session and stop.part > attribution.part
        if same and attribution.began_at <= stop.until < latest:
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
