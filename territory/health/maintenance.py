"""Announced maintenance: while it lasts, state is judged and shown, and nothing is told. Pure.

A window is announced beforehand or as it begins, never afterwards: what was told, and counted as an
outage, stays so. It may be ended early; what it covered stays covered.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final
from uuid import UUID

LONGEST: Final = timedelta(days=31)
FARTHEST: Final = timedelta(days=366)
"""How far ahead one may be announced."""
_LATE: Final = timedelta(minutes=10)
"""Filling in a form takes time: a beginning so long ago is taken as now."""
MOST_CHARACTERS: Final = 300


@dataclass(frozen=True, slots=True)
class Window:
    """When work is announced, and where."""

    site_id: UUID | None
    """None: the whole territory."""
    begins_at: datetime
    ends_at: datetime
    """Itself not included."""

    def covers(self, site_id: UUID, at: datetime) -> bool:
        """Whether work is announced at a site at an instant."""
        here = self.site_id is None or self.site_id == site_id
        return here and self.begins_at <= at < self.ends_at


def under_maintenance(windows: Iterable[Window], site_id: UUID, at: datetime) -> bool:
    """Whether any window covers a site at an instant."""
    return any(window.covers(site_id, at) for window in windows)


class WindowFault(Enum):
    """Why a window may not be announced."""

    ENDS_FIRST = ("La fin doit venir après le début.", "the end comes before the beginning")
    OVER = ("La fin est déjà passée.", "the end is past")
    AFTERWARDS = (
        "Le début est passé : une panne déjà comptée ne s’efface pas. Commencez maintenant.",
        "the beginning is past, and what was counted as an outage stays so; leave --from out",
    )
    TOO_LONG = (
        f"Au plus {LONGEST.days} jours d’affilée : au-delà, retirez le lieu du territoire.",
        f"at most {LONGEST.days} days; beyond that, take the site out of the territory",
    )
    TOO_FAR = ("Au plus un an à l’avance.", "at most a year ahead")
    NO_REASON = ("Dites en quelques mots ce qui est fait.", "say in a few words what is done")
    LONG_REASON = (
        f"Au plus {MOST_CHARACTERS} caractères pour le motif.",
        f"at most {MOST_CHARACTERS} characters to say why",
    )

    def __init__(self, french: str, english: str) -> None:
        self.french = french
        self.english = english


def window_faults(window: Window, why: str, now: datetime) -> list[WindowFault]:
    """Return what is wrong with a window that is announced at `now`; none: it may be."""
    checks = (
        (window.ends_at <= window.begins_at, WindowFault.ENDS_FIRST),
        (window.ends_at <= now, WindowFault.OVER),
        (now - window.begins_at > _LATE, WindowFault.AFTERWARDS),
        (window.ends_at - window.begins_at > LONGEST, WindowFault.TOO_LONG),
        (window.begins_at - now > FARTHEST, WindowFault.TOO_FAR),
        (not why.strip(), WindowFault.NO_REASON),
        (len(why) > MOST_CHARACTERS, WindowFault.LONG_REASON),
    )
    return [fault for wrong, fault in checks if wrong]
