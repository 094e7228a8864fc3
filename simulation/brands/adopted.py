"""Access points that a simulated controller has adopted, as each dialect tells of them. Pure.

UniFi's official API gives a list, then each one's details and statistics; its older interface a
short list, then whole devices for the addresses asked; Omada's Open API a list, then each one's
own pages. Fields, codes and units are those of the documents that the controllers' readers name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

GIGAHERTZ = 14
"""The highest channel of the 2.4 GHz band."""


@dataclass(slots=True)
class Adopted:
    """One of them; tests and the demonstration change it as they like."""

    mac: str
    """94:2a:6f:d0:30:57."""
    name: str
    started_at: datetime
    """Its uptime counts from here."""
    online: bool = True
    updating: bool = False
    """Neither online nor lost: its software is being replaced."""
    clients: int = 0
    version: str = "6.7.31"
    channels: tuple[int, ...] = (6, 44)
    """One for each radio."""
    utilisation_percent: int = 23
    """Of each radio's channel."""

    def uptime_seconds(self, now: datetime) -> int:
        """Return how long it has run."""
        return int((now - self.started_at).total_seconds())


# --- UniFi, official ------------------------------------------------------------------------------


def official_row(radio: Adopted, number: str) -> dict[str, Any]:
    """Return what the list of devices tells."""
    state = "UPDATING" if radio.updating else "ONLINE" if radio.online else "OFFLINE"
    return {
        "id": number,
        "name": radio.name,
        "model": "U6 Lite",
        "macAddress": radio.mac,
        "ipAddress": "192.168.1.20",
        "state": state,
        "features": ["accessPoint"],
        "interfaces": ["radios"],
    }


def official_details(radio: Adopted, number: str) -> dict[str, Any]:
    """Return one device's own page."""
    radios = [
        {"wlanStandard": "802.11ax", "frequencyGHz": _gigahertz(channel), "channel": channel}
        for channel in radio.channels
    ]
    more = {"firmwareVersion": radio.version, "features": {"accessPoint": {}}}
    return official_row(radio, number) | more | {"interfaces": {"radios": radios}}


def official_statistics(radio: Adopted, now: datetime) -> dict[str, Any]:
    """Return its latest statistics."""
    return {
        "uptimeSec": radio.uptime_seconds(now),
        "lastHeartbeatAt": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "loadAverage1Min": 0.2,
        "cpuUtilizationPct": 7.5,
        "memoryUtilizationPct": 41.0,
        "interfaces": {"radios": [{"frequencyGHz": 2.4, "txRetriesPct": 3.1}]},
    }


# --- UniFi, older ---------------------------------------------------------------------------------


def legacy_basic(radio: Adopted) -> dict[str, Any]:
    """Return what the short list of devices tells."""
    state = 4 if radio.updating else int(radio.online)
    return {
        "mac": radio.mac,
        "type": "uap",
        "state": state,
        "adopted": True,
        "disabled": False,
        "model": "UAL6",
        "name": radio.name,
    }


def legacy_device(radio: Adopted, now: datetime) -> dict[str, Any]:
    """Return a whole device, as far as anybody reads it; some numbers are told as text."""
    radios = [
        {
            "name": f"wifi{place}",
            "radio": "ng" if channel <= GIGAHERTZ else "na",
            "channel": channel,
            "cu_total": radio.utilisation_percent,
            "num_sta": radio.clients if place == 0 else 0,
        }
        for place, channel in enumerate(radio.channels)
    ]
    return legacy_basic(radio) | {
        "version": radio.version,
        "uptime": radio.uptime_seconds(now),
        "num_sta": radio.clients,
        "radio_table_stats": radios,
        "system-stats": {"cpu": "7.5", "mem": "41.0", "uptime": str(radio.uptime_seconds(now))},
    }


# --- Omada ----------------------------------------------------------------------------------------


def omada_row(radio: Adopted) -> dict[str, Any]:
    """Return what the list of devices tells."""
    return {
        "mac": _dashes(radio.mac),
        "name": radio.name,
        "type": "ap",
        "model": "EAP610",
        "ip": "192.168.1.21",
        "uptime": "2day(s) 3h 4m 5s",
        "status": 3 if radio.updating else int(radio.online),
        "cpuUtil": 7,
        "memUtil": 41,
        "firmwareVersion": radio.version,
    }


def omada_details(radio: Adopted, now: datetime) -> dict[str, Any]:
    """Return one access point's own page."""
    counted = {"uptimeLong": radio.uptime_seconds(now), "clientNum": radio.clients}
    return omada_row(radio) | {"statusCategory": int(radio.online)} | counted


def omada_radios(radio: Adopted) -> Mapping[str, Any]:
    """Return its radios by band, their channel as text with its frequency."""
    shown = {}
    for channel in radio.channels:
        band = "wp2g" if channel <= GIGAHERTZ else "wp5g"
        frequency = 2407 + 5 * channel if channel <= GIGAHERTZ else 5000 + 5 * channel
        shown[band] = {
            "actualChannel": f"{channel} / {frequency}MHz",
            "txUtil": radio.utilisation_percent - 8,
            "rxUtil": 5,
            "interUtil": 3,
        }
    return shown


def _gigahertz(channel: int) -> float:
    return 2.4 if channel <= GIGAHERTZ else 5.0


def _dashes(mac: str) -> str:
    return mac.upper().replace(":", "-")
