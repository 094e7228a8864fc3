"""What is told of the fleet's proofs, and when it stands in the way."""

from datetime import UTC, datetime, timedelta
from typing import Any

from socle.commands.findings import Finding, Stranger, about_strangers, about_trust
from territory.application.nas_trust import NasTrust
from territory.vocabulary import MessageAuthenticatorRule

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)


def trust(code: str, **changes: Any) -> NasTrust:
    """A NAS that is well, but for the changes."""
    values = {
        "site": "mairie",
        "address": "10.55.0.11",
        "rule": MessageAuthenticatorRule.LEARN,
        "signed_since": NOW,
        "last_unsigned_at": None,
        "rotation_began_at": None,
        "old_secret_at": None,
        "next_secret_at": None,
        "secret_is_short": False,
        "secret_is_shared": False,
        **changes,
    }
    return NasTrust(code, **values)


def test_a_fleet_that_is_well_is_told_so() -> None:
    """Nothing to do, nothing to fear."""
    assert all(finding.well for finding in about_trust([trust("a")], NOW))
    assert [finding.well for finding in about_strangers([])] == [True, True]


def test_each_weakness_names_its_nas_and_its_remedy() -> None:
    """Warnings: the base works, and the exit status says so."""
    fleet = [
        trust("unsigned", last_unsigned_at=NOW - timedelta(hours=1)),
        trust("mended", last_unsigned_at=NOW - timedelta(days=2)),
        trust("short", secret_is_short=True),
        trust("twin", secret_is_shared=True),
        trust("old", rotation_began_at=NOW),
        trust("both", rotation_began_at=NOW, old_secret_at=NOW, next_secret_at=NOW),
        trust("moved", rotation_began_at=NOW, old_secret_at=NOW - RECENTLY, next_secret_at=NOW),
    ]
    signatures, secrets, shared, rotations = about_trust(fleet, NOW)
    assert signatures.says.endswith(": unsigned")
    assert secrets.says.endswith("`socle nas rotate`: short")
    assert shared.says.endswith("`socle nas rotate`: twin")
    assert rotations.says.endswith("of: old, both")
    assert {finding.mark for finding in (signatures, secrets, rotations)} == {"warn"}
    assert not any(finding.stops for finding in (signatures, secrets, rotations))


RECENTLY = timedelta(seconds=3)


def test_strangers_are_asked_about() -> None:
    """With what they say of themselves, the first few by name."""
    some = [Stranger(f"10.0.0.{n}", "toul" if n == 0 else None, 1) for n in range(10)]
    unknown, public = about_strangers(some)
    assert "10.0.0.0 (toul), 10.0.0.1," in unknown.says
    assert unknown.says.endswith("and 2 more")
    assert public.well


def test_only_an_urgent_finding_is_a_fault() -> None:
    """The mark and the exit status follow it."""
    marks = [
        Finding("x", well, "", urgent).mark for well in (True, False) for urgent in (True, False)
    ]
    assert marks == ["ok", "ok", "FAULT", "warn"]
