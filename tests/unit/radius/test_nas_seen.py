"""What a NAS sent between two flushes: refusals in a row, nothing lost by an outage, its clock."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from radius.nas_seen import Clocks, Seen

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
EARLIER = NOW - timedelta(seconds=3)
NAS = UUID(int=1)


def test_what_could_not_be_written_is_added_to_what_came_since() -> None:
    """Counts add up, the later instant stands, and the first signature stays the first."""
    later = Seen(NOW, None, 1, 2, 3, NOW, None, None, NOW)
    later.add(Seen(EARLIER, EARLIER, 10, 20, 30, EARLIER, EARLIER, EARLIER, EARLIER))
    assert later == Seen(NOW, EARLIER, 11, 22, 33, EARLIER, EARLIER, EARLIER, NOW)


@pytest.mark.parametrize(("is_next", "old", "coming"), [(True, None, NOW), (False, NOW, None)])
def test_the_secret_in_use_is_dated_by_the_last_packet(
    is_next: bool, old: datetime | None, coming: datetime | None
) -> None:
    """Access or accounting, whichever came last."""
    seen = Seen(last_access_at=NOW - timedelta(seconds=1), last_accounting_at=NOW)
    seen.used_secret(is_next)
    assert (seen.old_secret_at, seen.next_secret_at) == (old, coming)


def test_an_accept_ends_the_refusals_before_it() -> None:
    """So that "refused in a row" is what has come since, and since when."""
    seen = Seen()
    seen.refused(EARLIER)
    seen.refused(NOW)
    seen.refused(NOW, is_ours=False)
    assert (seen.refused_in_row, seen.refused_since, seen.rejects) == (2, EARLIER, 3)
    seen.accepted(NOW)
    assert (seen.refused_in_row, seen.refused_since, seen.last_accept_at) == (0, None, NOW)
    seen.refused(NOW)
    assert (seen.refused_in_row, seen.refused_since, seen.rejects) == (1, NOW, 4)


def test_refusals_that_could_not_be_written_go_on_unless_somebody_was_let_in_since() -> None:
    """An outage of the database neither loses nor revives a row of refusals."""
    before = Seen(rejects=4, refused_in_row=4, refused_since=EARLIER)
    still = Seen(rejects=1, refused_in_row=1, refused_since=NOW)
    still.add(before)
    assert (still.refused_in_row, still.refused_since, still.rejects) == (5, EARLIER, 5)
    since = Seen(accepts=1, last_accept_at=NOW)
    since.add(before)
    assert (since.refused_in_row, since.refused_since, since.rejects) == (0, None, 4)


def test_how_long_answers_take_is_a_sum_and_the_slow_ones_are_counted() -> None:
    """Over a second is slow."""
    seen = Seen()
    for seconds in (0.5, 1.5, 1.0):
        seen.answered(seconds)
    assert (seen.replies, seen.reply_seconds, seen.slow_replies) == (3, 3.0, 1)


def test_one_record_told_wrong_moves_no_clock() -> None:
    """The median of the last nine; what a NAS never told is not known."""
    clocks = Clocks()
    for ahead in (*[500.0] * 9, *[1.0] * 7, -86_400.0, 2.0):
        clocks.note(NAS, ahead)
    assert clocks.of(NAS) == 1.0
    assert clocks.all() == {NAS: 1.0}
    assert clocks.of(UUID(int=2)) is None
