"""A site's state from its parts, and what a discard's reason means."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.console.estate import (
    DISCARD_REASONS,
    NEVER_READ,
    PACKET_KINDS,
    Health,
    Nas,
    explain,
    judge_site,
    kind_words,
)
from radius.protocol.numbers import Code
from radius.stranger import NOT_RADIUS

UP, DOWN, UNKNOWN, DEGRADED, ASLEEP = (
    Health.UP,
    Health.DOWN,
    Health.UNKNOWN,
    Health.DEGRADED,
    Health.ASLEEP,
)


@pytest.mark.parametrize(
    ("nas", "access_points", "expected"),
    [
        ([UP], [UP, UP], UP),
        ([UP], [UP, DOWN], DEGRADED),
        ([UP], [DOWN, DOWN], DOWN),
        ([DOWN], [UP, UP], DOWN),
        ([DOWN, UP], [UP], DEGRADED),
        ([UP], [DEGRADED, UP], DEGRADED),
        ([UNKNOWN], [UP], UNKNOWN),
        ([UP], [UNKNOWN], UNKNOWN),
        ([UP], [UNKNOWN, UP], UP),
        ([UP], [], UP),
        ([], [], UNKNOWN),
        ([ASLEEP], [ASLEEP], ASLEEP),
    ],
)
def test_a_site_is_down_when_nobody_can_go_online_there(
    nas: list[Health], access_points: list[Health], expected: Health
) -> None:
    """All of one kind down: down. Part of it: degraded. Nothing known of a kind: unknown."""
    assert judge_site(nas, access_points) is expected


@given(st.lists(st.sampled_from(Health)), st.lists(st.sampled_from(Health)))
def test_a_site_is_never_better_than_a_failing_part(
    nas: list[Health], access_points: list[Health]
) -> None:
    """Something down always shows."""
    if DOWN in nas + access_points:
        assert judge_site(nas, access_points) in {DOWN, DEGRADED}


def test_reasons_are_told_in_french_and_new_ones_as_they_are() -> None:
    """A reason without a sentence still shows."""
    assert all(explain(reason) != reason for reason in DISCARD_REASONS)
    assert explain("something-new") == "something-new"


NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
BEFORE = NOW - timedelta(hours=1)


def nas(**changes: Any) -> Nas:
    """A NAS that learns, was heard, and sent one unsigned request an hour ago."""
    values = {"unsigned_packets": 1, "last_unsigned_at": BEFORE, **changes}
    return Nas(
        "nas",
        "10.0.0.1",
        None,
        "learn",
        NOW,
        NOW,
        accepts=0,
        rejects=0,
        reading=NEVER_READ,
        **values,
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"unsigned_packets": 0, "last_unsigned_at": None}, False),
        ({}, True),
        ({"last_unsigned_at": None}, True),
        ({"signed_since": NOW}, False),
        ({"signed_since": BEFORE, "last_unsigned_at": NOW}, True),
    ],
)
def test_who_has_come_to_sign_is_no_longer_shown(changes: dict[str, Any], expected: bool) -> None:
    """Unless it sends unsigned requests again."""
    assert nas(**changes).is_unsigned is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, False),
        ({"rotation_began_at": NOW}, True),
        ({"rotation_began_at": NOW, "next_secret_at": NOW}, False),
        ({"rotation_began_at": NOW, "next_secret_at": NOW, "old_secret_at": BEFORE}, False),
        ({"rotation_began_at": NOW, "next_secret_at": BEFORE, "old_secret_at": NOW}, True),
    ],
)
def test_an_old_secret_is_in_use_until_the_next_is_heard(
    changes: dict[str, Any], expected: bool
) -> None:
    """And again if the old one comes back, from the second router of a pair for instance."""
    assert nas(**changes).uses_old_secret is expected


def test_what_a_stranger_sends_is_told_in_words() -> None:
    """Every kind RADIUS can name has its French words; a code without a name is told as one."""
    named = {code.name.lower().replace("_", "-") for code in Code}
    assert named | {NOT_RADIUS} == set(PACKET_KINDS)
    assert kind_words("access-request") == "demande d'accès (Access-Request)"
    assert kind_words("code-99") == "paquet RADIUS de code 99"
