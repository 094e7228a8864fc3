"""What the alerts' tests stand on: sites, facts, incidents, and a Friday afternoon."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from supervision.alerts.facts import Facts, Fleet, Piece, Place
from supervision.alerts.incidents import Incident, State
from supervision.alerts.measures import Measures
from supervision.alerts.questions import WINDOWS

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
"""15 h 00 in Paris, a Friday."""
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
_NAMES = UUID(int=1)


def place(code: str) -> Place:
    """A site, named after its code."""
    return Place(uuid5(_NAMES, code), code, f"Mairie de {code.capitalize()}")


def facts(now: datetime = NOW, *, at_work: tuple[str, ...] = (), **nas: str) -> Facts:
    """The state of one NAS of each site, by the site's code; the rest is not known."""
    pieces = tuple(
        Piece("nas", f"nas-{site}", site, state, "Muet.", now - HOUR) for site, state in nas.items()
    )
    fleet = Fleet({code: place(code) for code in nas}, pieces, frozenset(at_work))
    return Facts(now, fleet, Measures(WINDOWS), frozenset())


def incident(
    site: str | None = "commercy",
    state: State = State.OPEN,
    *,
    alert: str = "SiteDown",
    severity: str = "critical",
    began_at: datetime = NOW - HOUR,
    returns: int = 0,
    acknowledged_at: datetime | None = None,
) -> Incident:
    """An incident that began an hour ago and opened two minutes later."""
    where = place(site) if site else None
    over = state is State.OVER
    name = where.name if where else "La base"
    return Incident(
        id=uuid5(_NAMES, f"{alert} {site}"),
        key=(alert, (("site", site),) if site else ()),
        severity=severity,
        site=where,
        summary=f"{name} : le Wi-Fi ne répond plus",
        words="Muet. Cause probable : courant coupé. À essayer d’abord : appeler le lieu.",
        state=state,
        began_at=began_at,
        changed_at=NOW - MINUTE if over else began_at + 2 * MINUTE,
        opened_at=None if state is State.PENDING else began_at + 2 * MINUTE,
        over_at=NOW - 3 * MINUTE if over else None,
        returns=returns,
        acknowledged_at=acknowledged_at,
    )
