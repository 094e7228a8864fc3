"""A device's afternoon, as values the tests of its story share."""

from datetime import UTC, datetime, timedelta
from typing import Any

from territory.device_story.history import Admission, Answer, Block, Command, Discarded, Online

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SITE, NAS = "Mairie de Commercy", "mairie-commercy-nas"


def at(minutes: float) -> datetime:
    """Return an instant, in minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def admission(**changes: Any) -> Admission:
    """Return a right of four hours granted at noon and bound a minute later."""
    values: dict[str, Any] = {
        "granted_at": at(0),
        "ends_at": at(240),
        "site": SITE,
        "plan": "Découverte",
        "method": "click_through",
        "bound_at": at(1),
        "revoked_at": None,
        "revoked_reason": None,
    }
    return Admission(**values | changes)


def answer(minutes: float, outcome: str = "accept", reason: str = "first_use") -> Answer:
    """Return an answer to an Access-Request."""
    return Answer(at(minutes), SITE, NAS, outcome, reason)


def online(minutes: float, heard: float, **changes: Any) -> Online:
    """Return an open session, live for 20 minutes after it was last heard of."""
    values: dict[str, Any] = {
        "started_at": at(minutes),
        "last_seen_at": at(heard),
        "ended_at": None,
        "live_until": at(heard + 20),
        "site": SITE,
        "nas": NAS,
        "session_seconds": int((heard - minutes) * 60),
        "upload_octets": 1_500_000,
        "download_octets": 2_500_000_000,
        "terminate_cause": None,
    }
    return Online(**values | changes)


def over(minutes: float, end: float, cause: int | None = 1) -> Online:
    """Return a session that ended."""
    return online(minutes, end, ended_at=at(end), terminate_cause=cause)


def block(minutes: float, until: float | None = None) -> Block:
    """Return a block by a technician."""
    end = None if until is None else at(until)
    return Block(at(minutes), end, "téléchargements massifs", "technicien@meuse.example")


def discarded(reason: str = "message-authenticator", nas: str | None = NAS) -> Discarded:
    """Return packets left without an answer."""
    return Discarded(at(0), at(30), "10.99.0.3", nas, reason, 12)


def command(outcome: str | None = None, words: str | None = None) -> Command:
    """Return a disconnect that was asked for."""
    return Command(at(50), "disconnect", "technicien@meuse.example", outcome, words)
