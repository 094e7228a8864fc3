"""The chain of the audit log, recomputed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from territory.access.audit import GENESIS, Entry, canonical, digest_of, verify

AT = datetime(2026, 11, 20, 14, 0, 0, 123_456, tzinfo=UTC)
WHO = UUID("00000000-0000-4000-8000-000000000001")


def chain(length: int) -> list[Entry]:
    """A sound chain."""
    entries: list[Entry] = []
    digest = GENESIS
    for number in range(1, length + 1):
        at = AT + timedelta(minutes=number)
        who = WHO if number % 2 else None
        entry = Entry(number, at, who, "a@b.example", "operator.read", "é", "{}", digest, b"")
        digest = digest_of(entry)
        entries.append(replace(entry, digest=digest))
    return entries


def test_the_canonical_text_is_the_databases() -> None:
    """Fields joined by U+001F, the instant in UTC to the microsecond; no operator is empty."""
    entry = Entry(7, AT, None, "demo", "x.y", "s", '{"a": 1}', GENESIS, b"")
    parts = ["7", "2026-11-20T14:00:00.123456Z", "", "demo", "x.y", "s", '{"a": 1}']
    assert canonical(entry) == "\x1f".join(parts)


def test_a_sound_chain_holds() -> None:
    """Whole, or from any known entry on."""
    entries = chain(5)
    assert verify(entries).broken_at is None
    assert verify(entries).checked == 5
    rest = verify(entries[2:], after_number=2, after_digest=entries[1].digest)
    assert (rest.checked, rest.broken_at) == (3, None)
    assert verify([]).checked == 0


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "someone else"},
        {"action": "operator.added"},
        {"subject": ""},
        {"detail": '{"a": 1}'},
        {"at": AT},
        {"operator_id": WHO},
        {"digest": bytes(32)},
    ],
)
def test_a_changed_line_is_the_first_that_no_longer_fits(change: dict[str, Any]) -> None:
    """Whatever field is touched."""
    entries = chain(6)
    entries[3] = replace(entries[3], **change)
    verdict = verify(entries)
    assert (verdict.checked, verdict.broken_at) == (3, 4)


def test_a_line_rewritten_with_its_digest_breaks_the_next_one() -> None:
    """Forging one line means forging all that follow."""
    entries = chain(4)
    forged = replace(entries[1], actor="someone else")
    entries[1] = replace(forged, digest=digest_of(forged))
    assert verify(entries).broken_at == 3


def test_a_line_taken_out_is_named() -> None:
    """The missing number itself."""
    entries = chain(5)
    assert verify(entries[:2] + entries[3:]).broken_at == 3


def test_a_line_put_in_is_named() -> None:
    """A number that comes twice does not follow itself."""
    entries = chain(4)
    assert verify([*entries[:2], entries[1], *entries[2:]]).broken_at == 2
