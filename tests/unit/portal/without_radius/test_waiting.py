"""Who waits for a gateway that comes and asks, in memory."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from portal.without_radius.waiting import LIFETIME, Awaited, Stand, Waiting
from territory.identifiers import MacAddress

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HERE, THERE = UUID(int=1), UUID(int=2)
RIGHT = UUID(int=3)
FIRST = Awaited("aa", HERE, RIGHT, MacAddress.parse("8a:56:7e:f9:10:e4"), "240 0 0 0 0", NOON)
SECOND = replace(FIRST, token="bb", admission_id=UUID(int=4), asked_at=NOON + timedelta(seconds=1))
ELSEWHERE = replace(FIRST, token="cc", gateway_id=THERE)
SOON = NOON + timedelta(seconds=5)


def waiting(*awaited: Awaited) -> Waiting:
    """Return the memory of a portal that has read these."""
    memory = Waiting()
    memory.replace_all(awaited)
    return memory


def test_each_gateway_hears_of_its_own_the_oldest_first() -> None:
    """Whatever the order in which they were read."""
    memory = waiting(SECOND, ELSEWHERE, FIRST)
    assert memory.of(HERE, SOON) == [FIRST, SECOND]
    assert memory.of(UUID(int=9), SOON) == []


def test_an_acknowledgement_counts_once_and_for_ones_own() -> None:
    """Not for another gateway's guest, not for one nobody knows."""
    memory = waiting(FIRST, SECOND)
    assert memory.acknowledge(THERE, ["aa"], SOON) == []
    assert memory.acknowledge(HERE, ["aa", "zz"], SOON) == [replace(FIRST, acknowledged_at=SOON)]
    assert memory.acknowledge(HERE, ["aa"], SOON) == []
    assert memory.of(HERE, SOON) == [SECOND]


def test_where_a_guest_stands() -> None:
    """Waiting, let in, or before a gateway that does not come; who asks again waits anew."""
    memory = waiting(FIRST)
    assert memory.stand(HERE, RIGHT, SOON) is Stand.WAITING
    assert memory.stand(HERE, RIGHT, NOON + LIFETIME) is Stand.SILENT
    assert memory.stand(THERE, RIGHT, SOON) is Stand.SILENT
    assert memory.of(HERE, NOON + LIFETIME) == []
    memory.put(replace(FIRST, asked_at=NOON + LIFETIME))
    assert memory.stand(HERE, RIGHT, NOON + LIFETIME) is Stand.WAITING
    memory.acknowledge(HERE, ["aa"], NOON + LIFETIME)
    assert memory.stand(HERE, RIGHT, NOON + LIFETIME) is Stand.ACKNOWLEDGED
