"""Who may tell, how fast, and how much of it is kept."""

from datetime import UTC, datetime
from uuid import uuid4

from prometheus_client import CollectorRegistry

from retention.intake.door import IPFIX, Door
from retention.intake.metrics import IntakeMetrics
from retention.intake.senders import Senders
from tests.conftest import FixedClock
from tests.unit.retention.intake.test_ipfix import EVENT, message, of_set, session, template

GATEWAY, OTHER = "10.99.0.1", "10.99.0.2"
MANY = message(of_set(2, template(400, EVENT)), of_set(400, session(1) * 120))


def test_what_one_message_tells_is_counted_one_by_one() -> None:
    """A gateway that tells much in few messages is too fast, and has its day's ration at most;
    another site's is whole."""
    registry = CollectorRegistry()
    clock = FixedClock(datetime(2026, 11, 20, 14, 3, tzinfo=UTC))
    door = Door(clock, IntakeMetrics(registry), waiting=1_000, a_second=1, a_day=100)
    site, other = uuid4(), uuid4()
    door.know(Senders({GATEWAY: site, OTHER: other}, {}, {site: "mairie", other: "musee"}))
    for sender in (GATEWAY, GATEWAY, OTHER):
        door.datagram(IPFIX, MANY, sender)
    faults = {
        cause: registry.get_sample_value("socle_retention_intake_faults_total", {"cause": cause})
        for cause in ("too-fast", "too-many")
    }
    assert (door.rows.qsize(), faults) == (200, {"too-fast": 1, "too-many": 40})
    cut = [
        registry.get_sample_value(
            "socle_retention_intake_cut_total", {"site": code, "cause": "too-many"}
        )
        for code in ("mairie", "musee")
    ]
    assert cut == [20, 20]
