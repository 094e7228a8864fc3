"""Failures in a row at different sites are the base's."""

from datetime import UTC, datetime, timedelta

import pytest

from supervision.synthetic.streak import Streak

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)


def noted(log_ins: str) -> Streak:
    """Return these log-ins, which count until now: a letter is a site's failure, `+` a good one."""
    streak = Streak()
    for each in log_ins:
        streak.note(each, NOW, good=each == "+")
    return streak


@pytest.mark.parametrize(
    ("log_ins", "sites", "common"),
    [
        ("", 5, False),
        ("aa", 5, False),
        ("ab", 5, False),
        ("aab", 5, False),
        ("abc", 5, True),
        ("aabbc", 300, True),
        ("ab+c", 5, False),
        ("abc+", 5, False),
        ("a", 1, False),
        ("aa", 1, True),
        ("ab", 2, True),
        ("aa", 2, False),
    ],
)
def test_three_sites_in_a_row_or_all_of_fewer_blame_the_base(
    log_ins: str, sites: int, common: bool
) -> None:
    """Whatever the site: one that came through anywhere begins anew."""
    assert noted(log_ins).is_common(sites, NOW) is common


def test_what_is_tried_no_more_blames_nobody() -> None:
    """All places have closed since: the last failure has grown old."""
    assert not noted("abc").is_common(5, NOW + timedelta(seconds=1))
