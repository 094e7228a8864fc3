"""The sessions a command is about, and what came of each: values and words, pure.

In a CoA-Request time and volume are counted as the NAS counts them, from the session's start (RFC
2865 §5.27: seconds of service before its end), so what was used is added to what is left.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import IPv4Address
from typing import Final
from uuid import UUID

from radius.coa_packets import Answer, Ask, SessionNames
from radius.rights import Plan, Rights
from radius.rulebook import Row
from territory.database.commands import Outcome, Result
from territory.rules.opening_hours import Hours
from territory.rules.quotas import UNUSED, Amounts, Known, Limits, Standing, standing
from territory.rules.usage import Allowance, Usage, remaining

GONE: Final = Result(Outcome.IMPOSSIBLE, "session inconnue ou déjà archivée", sessions=0)
NONE_OPEN: Final = Result(Outcome.CLOSED, "aucune session ouverte", sessions=0)
OVER: Final = Result(Outcome.CLOSED, "session déjà terminée")
NO_NAS: Final = Result(Outcome.IMPOSSIBLE, "passerelle retirée du territoire")
TOO_LATE: Final = Result(Outcome.NO_ANSWER, "délai dépassé, rien n'a été envoyé")
TOO_MANY: Final = Result(
    Outcome.NO_ANSWER, "trop de demandes attendent déjà cette passerelle, rien n'a été envoyé"
)
NO_RIGHTS: Final = Result(
    Outcome.IMPOSSIBLE, "la session n'a pas d'autorisation connue, ou il n'en reste rien"
)
NO_REAUTHENTICATION: Final = Result(
    Outcome.IMPOSSIBLE, "cette marque ne présente pas un appareil une nouvelle fois"
)
NO_CHANGE: Final = Result(
    Outcome.IMPOSSIBLE, "cette marque ne change pas les droits d'une session ouverte"
)


@dataclass(frozen=True, slots=True)
class Right:
    """The admission a session uses, and how much of it was used."""

    plan_id: UUID
    ends_at: datetime
    revoked_at: datetime | None
    used_octets: int
    """By all its sessions, both ways."""
    used: Amounts = UNUSED
    """By its guest today and this month."""

    def standing(self, plan: Plan, limits: Limits, hours: Hours | None, now: datetime) -> Standing:
        """Return what may still be done with it: of the plan's limits, where hours are these."""
        allowance = Allowance(self.ends_at, plan.session_octets, self.revoked_at)
        left = remaining(allowance, Usage(download_octets=self.used_octets), now)
        return standing(replace(limits, devices=None), hours, Known(left, self.used), now)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One session that a command is about."""

    key: UUID
    nas_id: UUID
    site_id: UUID
    names: SessionNames
    started_at: datetime
    is_over: bool
    octets: int
    """It has used, both ways."""
    right: Right | None
    """None: it uses no admission we know."""

    @classmethod
    def read(cls, row: Row) -> "OpenSession":
        """Return the session of a row."""
        return cls(
            key=row["session_key"],
            nas_id=row["nas_id"],
            site_id=row["site_id"],
            names=_names(row),
            started_at=row["started_at"],
            is_over=row["ended_at"] is not None,
            octets=row["octets"],
            right=_right(row) if row["admission_id"] else None,
        )

    def rights(self, plan: Plan, standing: Standing, now: datetime) -> Rights:
        """Return what a CoA-Request says: what is left, counted from the session's start."""
        seconds = max(0, int((now - self.started_at).total_seconds())) + standing.seconds
        octets = None if standing.octets is None else self.octets + standing.octets
        return Rights(plan, max(1, seconds), octets)


def result_of(ask: Ask, answer: Answer | None, advice: str) -> Result:
    """Return what a NAS's answer means; `advice`: what to look at where there was none."""
    if answer is None:
        hint = f" : {advice}" if advice else ""
        return Result(Outcome.NO_ANSWER, f"la passerelle n'a pas répondu{hint}")
    if not answer.acknowledged:
        return Result(Outcome.REFUSED, answer.words_for(ask), answer.error_cause)
    done = Outcome.CLOSED if ask is Ask.DISCONNECT else Outcome.CHANGED
    return Result(done, answer.words_for(ask), answer.error_cause)


def silent_brand(advice: str) -> Result:
    """Return that a brand takes no disconnection by RADIUS."""
    hint = f" : {advice}" if advice else ""
    return Result(Outcome.IMPOSSIBLE, f"cette marque ne se déconnecte pas par RADIUS{hint}")


def _names(row: Row) -> SessionNames:
    device, address = row["device"], row["address"]
    return SessionNames(
        user_name=row["user_name"],
        acct_session_id=row["acct_session_id"],
        device=bytes.fromhex(device.replace(":", "")) if device else None,
        address=IPv4Address(address) if address else None,
        nas_handle=row["nas_handle"],
    )


def _right(row: Row) -> Right:
    return Right(
        row["plan_id"], row["ends_at"], row["revoked_at"], row["used_octets"], amounts_of(row)
    )


def amounts_of(row: Row) -> Amounts:
    """Return what a guest has used, as `live.guest_facts` tells it; unused where nobody counts."""
    names = ("day_seconds", "month_seconds", "day_octets", "month_octets")
    return Amounts(*(row[name] or 0 for name in names))
