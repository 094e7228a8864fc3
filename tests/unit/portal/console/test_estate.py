"""What is known of a NAS's proofs."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from portal.console.estate import NEVER_READ, Nas

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
BEFORE = NOW - timedelta(hours=1)


def nas(**changes: Any) -> Nas:
    """A NAS that learns, was heard, and sent one unsigned request an hour ago."""
    values = {"unsigned_packets": 1, "last_unsigned_at": BEFORE, **changes}
    return Nas(
        uuid4(),
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
