"""When many sites fall silent at once, and when each has a fault of its own."""

from datetime import UTC, datetime, timedelta

import pytest

from supervision.common_outage import CommonOutage, watch

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def sites(answer: int, *, just_silent: int = 0, long_silent: int = 0) -> dict[str, datetime | None]:
    """So many sites of each kind."""
    found: dict[str, datetime | None] = {f"answers-{n}": None for n in range(answer)}
    found |= {f"silent-{n}": NOW - MINUTE for n in range(just_silent)}
    return found | {f"gone-{n}": NOW - timedelta(days=3) for n in range(long_silent)}


@pytest.mark.parametrize(
    ("silences", "taken"),
    [
        (sites(10), 0),
        (sites(6, just_silent=4), 0),
        (sites(5, just_silent=5), 5),
        (sites(6, just_silent=5), 0),
        (sites(0, just_silent=4), 0),
        (sites(0, just_silent=40), 40),
        (sites(5, just_silent=5, long_silent=90), 5),
        (sites(9, long_silent=90), 0),
    ],
)
def test_half_of_what_lived_and_five_at_least(
    silences: dict[str, datetime | None], taken: int
) -> None:
    """Sites that were silent before count on neither side."""
    outage = watch(None, silences, MINUTE, NOW)
    assert (len(outage.sites) if outage else 0) == taken


def test_it_goes_on_until_half_is_back() -> None:
    """Sites that come back one by one do not end it for the others too early."""
    began = watch(None, sites(0, just_silent=10), MINUTE, NOW)
    assert began is not None
    assert began.began_at == NOW - MINUTE
    later = NOW + 30 * MINUTE
    back = {f"silent-{n}": None for n in range(5)}
    assert watch(began, sites(0, just_silent=10) | back, MINUTE, later) == began
    back |= {"silent-5": None}
    assert watch(began, sites(0, just_silent=10) | back, MINUTE, later) is None


def test_what_falls_silent_with_it_joins_it() -> None:
    """Within two intervals of its beginning; later it is another fault."""
    outage = CommonOutage(NOW - 3 * MINUTE, frozenset({"silent-0", "silent-1"}))
    silences = sites(0, just_silent=3)
    after = watch(outage, silences | {"late": NOW}, MINUTE, NOW)
    assert after is not None
    assert after.sites == {"silent-0", "silent-1", "silent-2"}
