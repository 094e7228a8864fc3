"""What /metrics shows of SNMP, as Prometheus's own parsers read it."""

from collections.abc import Callable, Iterable

import pytest
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as read_open_metrics,
)
from prometheus_client.parser import text_string_to_metric_families as read_text

from supervision.snmp.exposition import Name, lines, page
from supervision.snmp.objects import Quantity
from supervision.snmp.samples import Sample

NAME = Name("mairie", "access_point", "ap-accueil")
READERS: dict[bool, Callable[[str], Iterable[Metric]]] = {True: read_open_metrics, False: read_text}
FULL = Sample(3600.0, 12, (6, 44), (0.31,), (-94.0,), 0.2, 0.25, 48.5)
EMPTY = Sample(5.0, None, (), (), (), None, None, None)
TOTALS = {Quantity.RX_OCTETS: 2**53, Quantity.TX_OCTETS: 7, Quantity.RX_ERRORS: 0}


def values(families: Iterable[Metric]) -> dict[tuple[str, str], float]:
    """By sample name and its own label."""
    return {
        (sample.name, sample.labels.get("radio") or sample.labels.get("direction") or ""): (
            sample.value
        )
        for family in families
        for sample in family.samples
    }


EXPECTED = {
    ("socle_supervision_uptime_seconds", ""): 3600.0,
    ("socle_supervision_clients", ""): 12.0,
    ("socle_supervision_cpu_ratio", ""): 0.2,
    ("socle_supervision_memory_ratio", ""): 0.25,
    ("socle_supervision_temperature_celsius", ""): 48.5,
    ("socle_supervision_radio_channel", "1"): 6.0,
    ("socle_supervision_radio_channel", "2"): 44.0,
    ("socle_supervision_radio_utilisation_ratio", "1"): 0.31,
    ("socle_supervision_radio_noise_dbm", "1"): -94.0,
    ("socle_supervision_interface_octets_total", "received"): 2.0**53,
    ("socle_supervision_interface_octets_total", "sent"): 7.0,
    ("socle_supervision_interface_errors_total", "received"): 0.0,
}


@pytest.mark.parametrize("open_metrics", [True, False])
def test_both_formats(open_metrics: bool) -> None:
    """Every value once, under its codes, and nothing that is not told."""
    text = page([lines(NAME, FULL, TOTALS)], open_metrics)
    read = READERS[open_metrics]
    families = list(read(f"{text}# EOF\n" if open_metrics else text))
    assert values(families) == EXPECTED
    for family in families:
        for sample in family.samples:
            own = {key: sample.labels[key] for key in ("site", "kind", "equipment")}
            assert own == {"site": "mairie", "kind": "access_point", "equipment": "ap-accueil"}
            assert sample.labels.keys() - own.keys() <= {"radio", "direction"}


def test_what_nobody_tells_is_no_family() -> None:
    """A device without radios leaves no empty heading."""
    text = page([lines(NAME, EMPTY, {})], open_metrics=False)
    assert [family.name for family in read_text(text)] == ["socle_supervision_uptime_seconds"]
    assert page([], open_metrics=True) == ""


def test_equipment_is_gathered_by_family() -> None:
    """Each family is told in one block, as both formats ask."""
    other = Name("mairie", "nas", "nas-mairie")
    text = page([lines(NAME, FULL, TOTALS), lines(other, FULL, TOTALS)], open_metrics=True)
    assert text.count("# TYPE socle_supervision_clients gauge\n") == 1
    assert text.count("socle_supervision_clients{") == 2
