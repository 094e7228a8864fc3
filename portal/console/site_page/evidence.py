"""What led supervision to a change of state, line by line in French. Pure.

Its shape is supervision's (supervision/findings.py `told`): what was absent or at rest is not in
it, and what is not known here is left out.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from territory.health.states import State
from territory.web.french import many, offset

MOST_READINGS: Final = 5

Part = Callable[[Any], str]


def tell(evidence: Mapping[str, Any]) -> list[str]:
    """Return what was seen, in the order in which it is looked at."""
    return [say(evidence[name]) for name, say in PARTS.items() if evidence.get(name)]


def _pings(readings: list[Mapping[str, Any]]) -> str:
    latest = list(reversed(readings))[:MOST_READINGS]
    told = "\u00a0; ".join(f"{_ping(each)} {_before(each['seconds_before'])}" for each in latest)
    return f"Pings, le dernier d'abord\u00a0: {told}."


def _ping(reading: Mapping[str, Any]) -> str:
    seconds, tries = reading["round_trip_seconds"], reading["tries"]
    if seconds is None:
        return "sans réponse"
    again = f" au {tries}e essai" if tries > 1 else ""
    return f"{seconds * 1000:.0f}\u00a0ms{again}"


def _before(seconds: float) -> str:
    if seconds < 1:
        return "à l'instant du constat"
    shown = f"{seconds:.0f}\u00a0s" if seconds < 120 else f"{seconds / 60:.0f}\u00a0min"
    return f"{shown} avant"


def _radius(facts: Mapping[str, Any]) -> str:
    before = facts["heard_seconds_before"]
    heard = "jamais entendu" if before is None else f"entendu {_before(before)}"
    open_sessions, overdue = facts["open_sessions"], facts["overdue_sessions"]
    quiet = f", dont {overdue} sans nouvelles" if overdue else ""
    sessions = many(open_sessions, "session ouverte", "sessions ouvertes")
    more = "".join(f"\u00a0; {part}" for part in _of_guests(facts))
    return f"RADIUS\u00a0: {heard}\u00a0; {sessions}{quiet}{more}."


def _of_guests(facts: Mapping[str, Any]) -> Iterator[str]:
    """What its guests met, where there is anything to say of it."""
    if refused := facts.get("refused_in_row"):
        yield f"{refused} refus de suite"
    if failed := facts.get("failed_log_ins"):
        yield many(failed, "connexion d'essai manquée", "connexions d'essai manquées")
    if ahead := facts.get("clock_offset_seconds"):
        yield f"horloge\u00a0: {offset(ahead)}"


def _snmp(facts: Mapping[str, Any]) -> str:
    return f"SNMP\u00a0: {', '.join(_snmp_parts(facts))}."


def _snmp_parts(facts: Mapping[str, Any]) -> Iterator[str]:
    misses, restarts, ratio = facts["misses"], facts["restarts"], facts["error_ratio"]
    silent = many(misses, "relevé sans réponse", "relevés de suite sans réponse")
    yield silent if misses else "répond"
    if restarts:
        yield many(restarts, "redémarrage en une heure", "redémarrages en une heure")
    if ratio:
        yield f"{ratio * 100:.1f}".replace(".", ",") + "\u00a0% de paquets rejetés"


PARTS: Final[Mapping[str, Part]] = {
    "readings": _pings,
    "radius": _radius,
    "snmp": _snmp,
    "router": lambda state: f"Passerelle du lieu\u00a0: {State(state).french}.",
    "tunnel": lambda state: f"Tunnel du lieu\u00a0: {State(state).french}.",
    "closed": lambda _: "Le lieu était fermé, ou sur le point de l'être.",
    "common_outage": lambda _: "Une grande partie du territoire s'est tue en même temps.",
    "own_network_silent_looks": lambda looks: (
        f"Le réseau de la base était muet lui aussi ({many(looks, 'relevé')})."
    ),
}
