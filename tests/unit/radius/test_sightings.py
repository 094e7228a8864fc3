"""What is counted on its way into the database: bounds, and nothing lost by an outage."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from radius.sightings import Discarded, within_bound
from territory.vocabulary import StrangerReason

UNKNOWN_NAS = StrangerReason.UNKNOWN_NAS.value
DAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)


def counts(packets: int, name: str | None = None) -> Discarded:
    """Packets of one source."""
    return Discarded(packets, NOW, NOW, "access-request", name)


@given(
    st.lists(
        st.tuples(
            st.sampled_from((DAY, DAY + timedelta(days=1))),
            st.integers(1, 12),
            st.sampled_from((UNKNOWN_NAS, "unsigned")),
        ),
        unique=True,
    ),
    st.sets(st.integers(1, 12)),
    st.integers(0, 6),
)
def test_no_more_sources_a_day_than_the_bound(
    found: list[tuple[date, int, str]], before: set[int], most: int
) -> None:
    """What is listed already counts; no packet is lost, and a NAS's discards are never folded."""
    discarded = {(day, f"10.0.0.{n}", reason): counts(n) for day, n, reason in found}
    listed = {(DAY, f"10.0.0.{n}") for n in before}
    kept = within_bound(discarded, listed, most)
    assert sum(each.packets for each in kept.values()) == sum(n for _, n, _ in found)
    for day in (DAY, DAY + timedelta(days=1)):
        fresh = {
            address
            for on, address, reason in kept
            if on == day and reason == UNKNOWN_NAS and address != "0.0.0.0"
        } - {address for on, address in listed if on == day}
        already = len(listed) if day == DAY else 0
        assert len(fresh) <= max(0, most - already)
    assert {key for key in discarded if key[2] != UNKNOWN_NAS} <= set(kept)


def test_what_is_folded_says_nothing_and_is_not_changed_itself() -> None:
    """One address stands for many; if it cannot be written, it is counted again from the same."""
    first, second = counts(2, "toul"), counts(3, "verdun")
    found = {(DAY, "10.0.0.1", UNKNOWN_NAS): first, (DAY, "10.0.0.2", UNKNOWN_NAS): second}
    kept = within_bound(found, set(), 0)
    assert kept == {(DAY, "0.0.0.0", UNKNOWN_NAS): Discarded(5, NOW, NOW)}
    assert (first, second) == (counts(2, "toul"), counts(3, "verdun"))


def test_an_address_is_one_however_it_is_written() -> None:
    """IPv6 has many forms; the database writes the shortest."""
    found = {(DAY, "2001:db8:0:0::1", UNKNOWN_NAS): counts(1)}
    assert within_bound(found, {(DAY, "2001:db8::1")}, 1) == found
