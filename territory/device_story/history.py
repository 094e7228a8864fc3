"""What the live days hold of one device: the values its story is made of. Pure.

`reading.py` fills them from the one database function that may read them, `story.py` tells them.
All instants are aware, UTC, by the server's clock.
"""

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Admission:
    """A right to go online that this device used."""

    granted_at: datetime
    ends_at: datetime
    site: str
    """Its name."""
    plan: str
    method: str
    """How the guest identified; click_through: not at all."""
    bound_at: datetime | None
    """When this device first used it."""
    revoked_at: datetime | None
    revoked_reason: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to an Access-Request."""

    at: datetime
    site: str
    nas: str
    """Its code."""
    outcome: str
    """accept or reject."""
    reason: str
    """The stable word of the security log."""


@dataclass(frozen=True, slots=True)
class Online:
    """An accounting session."""

    started_at: datetime
    last_seen_at: datetime
    ended_at: datetime | None
    live_until: datetime
    """While it is open: taken for live until then, without another word of its NAS."""
    site: str
    nas: str
    session_seconds: int
    upload_octets: int
    download_octets: int
    terminate_cause: int | None
    """Acct-Terminate-Cause; negative: concluded by the base."""


@dataclass(frozen=True, slots=True)
class Discarded:
    """Packets that were left without an answer, of one address for one reason on one day."""

    first_at: datetime
    last_at: datetime
    address: str
    nas: str | None
    """Its code; None: the address is no NAS's."""
    reason: str
    packets: int


@dataclass(frozen=True, slots=True)
class Block:
    """Somebody decided that this device shall not go online."""

    since: datetime
    until: datetime | None
    """None: until it is lifted."""
    reason: str
    by: str
    """Who decided, as the audit log names them."""


@dataclass(frozen=True, slots=True)
class Command:
    """What a NAS was asked to do with this device: disconnect it, or change its rights."""

    at: datetime
    kind: str
    """disconnect or coa."""
    by: str
    outcome: str | None
    """The result's word; None: not answered yet."""
    words: str | None
    """The NAS's answer in French, as the result tells it."""


@dataclass(frozen=True, slots=True)
class History:
    """All of it."""

    admissions: tuple[Admission, ...] = ()
    answers: tuple[Answer, ...] = ()
    sessions: tuple[Online, ...] = ()
    discards: tuple[Discarded, ...] = ()
    blocks: tuple[Block, ...] = ()
    commands: tuple[Command, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the device itself was never seen; discards are of addresses, not of devices."""
        return not (self.admissions or self.answers or self.sessions or self.commands)


def as_of(history: History, at: datetime) -> History:
    """Return what had happened by then; an end that came later had not."""
    return History(
        admissions=tuple(
            replace(
                each,
                bound_at=_by(each.bound_at, at),
                revoked_at=_by(each.revoked_at, at),
            )
            for each in history.admissions
            if each.granted_at <= at
        ),
        answers=tuple(each for each in history.answers if each.at <= at),
        sessions=tuple(_session_by(s, at) for s in history.sessions if s.started_at <= at),
        discards=tuple(each for each in history.discards if each.first_at <= at),
        blocks=tuple(each for each in history.blocks if each.since <= at),
        commands=tuple(each for each in history.commands if each.at <= at),
    )


def _session_by(session: Online, at: datetime) -> Online:
    """Return a session as it was: what was heard of it later proves that it was live."""
    if session.last_seen_at <= at and (session.ended_at is None or session.ended_at <= at):
        return session
    ended_at = _by(session.ended_at, at)
    last_word = session.ended_at or session.last_seen_at
    live_until = session.live_until if ended_at else max(session.live_until, last_word)
    return replace(
        session,
        ended_at=ended_at,
        live_until=live_until,
        last_seen_at=min(session.last_seen_at, at),
        terminate_cause=session.terminate_cause if ended_at else None,
    )


def _by(moment: datetime | None, at: datetime) -> datetime | None:
    return moment if moment is not None and moment <= at else None
