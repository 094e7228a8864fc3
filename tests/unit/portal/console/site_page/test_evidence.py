"""Evidence in words."""

from datetime import UTC, datetime, timedelta

from portal.console.site_page.evidence import PARTS, tell
from supervision.facts import Evidence, RadiusFacts, Reading, SnmpFacts, Surroundings
from supervision.findings import told
from territory.health.states import State

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)


def before(seconds: float) -> datetime:
    """So long before the judgement."""
    return NOW - timedelta(seconds=seconds)


WHOLE = Evidence(
    history=[Reading(before(61), 0.0131, 2), Reading(before(0.2), None, 3)],
    radius=RadiusFacts(
        before(600),
        14,
        3,
        timedelta(minutes=12),
        refused_in_row=26,
        clock_offset_seconds=-190.0,
        failed_log_ins=2,
    ),
    around=Surroundings(router=State.DOWN, tunnel=State.UP, may_sleep=True, common_outage=True),
    snmp=SnmpFacts(2, answered_before=True, restarts=3, restarted_at=before(90), error_ratio=0.021),
    voids=2,
)


def test_all_that_supervision_keeps_is_told() -> None:
    """Each part of what it writes has its line, in plain French."""
    lines = [line.replace("\u00a0", " ") for line in tell(told(WHOLE, NOW))]
    assert lines == [
        "Pings, le dernier d'abord : sans réponse à l'instant du constat ; 13 ms au 2e essai 61 s"
        " avant.",
        "RADIUS : entendu 10 min avant ; 14 sessions ouvertes, dont 3 sans nouvelles ; 26 refus de"
        " suite ; 2 connexions d'essai manquées ; horloge : −3 min.",
        "SNMP : 2 relevés de suite sans réponse, 3 redémarrages en une heure, 2,1 % de paquets"
        " rejetés.",
        "Passerelle du lieu : en panne.",
        "Tunnel du lieu : en service.",
        "Le lieu était fermé, ou sur le point de l'être.",
        "Une grande partie du territoire s'est tue en même temps.",
        "Le réseau de la base était muet lui aussi (2 relevés).",
    ]
    assert set(told(WHOLE, NOW)) == set(PARTS)


def test_what_is_not_known_is_left_out() -> None:
    """Nothing seen, a NAS never heard, and a part of a newer version."""
    assert tell({}) == []
    assert tell({"weather": "fog"}) == []
    never = RadiusFacts(None, 1, 0, timedelta(minutes=12))
    (line,) = tell(told(Evidence(radius=never), NOW))
    assert line.replace("\u00a0", " ") == "RADIUS : jamais entendu ; 1 session ouverte."
    (line,) = tell(told(Evidence(snmp=SnmpFacts(0, answered_before=True)), NOW))
    assert line.replace("\u00a0", " ") == "SNMP : répond."
