"""What SNMP tells of each piece of equipment, as the text that /metrics shows. Pure.

A label is a site's code, a kind, a piece of equipment's code, a direction or a radio's number among
at most four: bounded by the fleet, and nobody's. The lines of one piece of equipment are written
when it is polled; a scrape of ten thousand only joins them, where the library's own exposition
takes seconds of the process that polls (docs/decisions/snmp-metrics-written-when-polled.md).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from supervision.snmp.objects import Quantity
from supervision.snmp.samples import Sample


@dataclass(frozen=True, slots=True)
class Name:
    """What a piece of equipment is called, in codes: no character of them needs an escape."""

    site: str
    kind: str
    equipment: str


Lines = tuple[str, ...]
"""Of one piece of equipment, one text for each of `_FAMILIES`, in their order."""
Totals = Mapping[Quantity, int]
_Read = Callable[[Sample, Totals], Iterable[tuple[str, float | None]]]
"""Gives each value with the label that tells it from the family's others; None: not told."""


def _one(read: Callable[[Sample], float | None]) -> _Read:
    return lambda sample, _: (("", read(sample)),)


def _each_radio(read: Callable[[Sample], Iterable[float]]) -> _Read:
    return lambda sample, _: (
        (f',radio="{number}"', value) for number, value in enumerate(read(sample), start=1)
    )


def _both_ways(received: Quantity, sent: Quantity) -> _Read:
    return lambda _, totals: (
        (',direction="received"', totals.get(received)),
        (',direction="sent"', totals.get(sent)),
    )


@dataclass(frozen=True, slots=True)
class _Family:
    name: str
    """Without `_total`."""
    kind: str
    meaning: str
    read: _Read

    @property
    def sample_name(self) -> str:
        return f"{self.name}_total" if self.kind == "counter" else self.name


_FAMILIES = tuple(
    _Family(f"socle_supervision_{name}", kind, meaning, read)
    for name, kind, meaning, read in (
        ("uptime_seconds", "gauge", "Time since it started.", _one(lambda s: s.uptime_seconds)),
        ("clients", "gauge", "Devices on its radios.", _one(lambda s: s.clients)),
        ("cpu_ratio", "gauge", "Load of its processors, 0 to 1.", _one(lambda s: s.cpu_ratio)),
        ("memory_ratio", "gauge", "Memory in use, 0 to 1.", _one(lambda s: s.memory_ratio)),
        (
            "temperature_celsius",
            "gauge",
            "Its hottest sensor.",
            _one(lambda s: s.temperature_celsius),
        ),
        ("radio_channel", "gauge", "Channels, lowest first.", _each_radio(lambda s: s.channels)),
        (
            "radio_utilisation_ratio",
            "gauge",
            "Use of each radio's channel, 0 to 1.",
            _each_radio(lambda s: s.utilisation_ratios),
        ),
        (
            "radio_noise_dbm",
            "gauge",
            "Noise floor of each radio.",
            _each_radio(lambda s: s.noise_dbm),
        ),
        (
            "interface_octets",
            "counter",
            "Octets on its wires.",
            _both_ways(Quantity.RX_OCTETS, Quantity.TX_OCTETS),
        ),
        (
            "interface_errors",
            "counter",
            "Packets that its wires threw away.",
            _both_ways(Quantity.RX_ERRORS, Quantity.TX_ERRORS),
        ),
    )
)


def lines(name: Name, sample: Sample, totals: Totals) -> Lines:
    """Return what one piece of equipment adds to each family."""
    labels = f'site="{name.site}",kind="{name.kind}",equipment="{name.equipment}"'
    return tuple(
        "".join(
            f"{family.sample_name}{{{labels}{more}}} {value}\n"
            for more, value in family.read(sample, totals)
            if value is not None
        )
        for family in _FAMILIES
    )


def page(equipment: Iterable[Lines], open_metrics: bool) -> str:
    """Return every family that somebody has a value of, in either of Prometheus's text formats."""
    parts: list[str] = []
    for family, texts in zip(_FAMILIES, zip(*equipment, strict=True), strict=False):
        found = "".join(texts)
        if found:
            name = family.name if open_metrics else family.sample_name
            parts += (f"# HELP {name} {family.meaning}\n# TYPE {name} {family.kind}\n", found)
    return "".join(parts)
