"""What a controller tells of one access point, whatever its make. Pure.

A make's reader turns its dialect's answers into `Adopted`; what is absent, or cannot be true of any
access point, is None. A MAC address is an access point's own here, never a guest's.
"""

from dataclasses import dataclass

from supervision.snmp.objects import Quantity
from supervision.snmp.samples import MOST_RADIOS, Sample, sane
from territory.identifiers import MacAddress


@dataclass(frozen=True, slots=True)
class Radio:
    """One radio of it."""

    channel: float | None
    utilisation_percent: float | None = None
    """Of its channel, by everybody."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """An access point, as its controller knows it."""

    mac: MacAddress
    name: str
    """The controller's name for it."""
    online: bool | None
    """None: neither, its software is being replaced for instance."""
    number: str = ""
    """By which the controller is asked for more."""
    version: str = ""
    """Of its software."""
    uptime_seconds: float | None = None
    clients: float | None = None
    """Devices on all its radios."""
    cpu_percent: float | None = None
    memory_percent: float | None = None
    radios: tuple[Radio, ...] = ()


def sample(adopted: Adopted) -> Sample:
    """Return it in the units of every sample, what cannot be true left out."""
    radios = adopted.radios[:MOST_RADIOS]
    channels = (sane(Quantity.CHANNEL, radio.channel) for radio in radios)
    shares = (_share(Quantity.UTILISATION_RATIO, radio.utilisation_percent) for radio in radios)
    clients = sane(Quantity.CLIENTS, adopted.clients)
    return Sample(
        uptime_seconds=sane(Quantity.UPTIME_SECONDS, adopted.uptime_seconds),
        clients=None if clients is None else int(clients),
        channels=tuple(sorted({int(channel) for channel in channels if channel is not None})),
        utilisation_ratios=tuple(share for share in shares if share is not None),
        noise_dbm=(),
        cpu_ratio=_share(Quantity.CPU_RATIO, adopted.cpu_percent),
        memory_ratio=_share(Quantity.MEMORY_RATIO, adopted.memory_percent),
        temperature_celsius=None,
    )


def _share(quantity: Quantity, percent: float | None) -> float | None:
    return sane(quantity, None if percent is None else percent / 100)
