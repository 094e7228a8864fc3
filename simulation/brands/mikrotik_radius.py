"""RADIUS as a MikroTik hotspot speaks it, from RouterOS's manual. Pure.

Called-Station-Id is the hotspot's name and no address, Calling-Station-Id and the User-Name of a
known device are its MAC address in upper case with colons. "rx" is what the router receives, so
what the guest sends.
"""

import re
from dataclasses import replace
from typing import Any

from simulation.packets import Nas, Order, first
from simulation.radius_words import RadiusWords, quota
from simulation.subscriber import Rights, Subscriber

SERVER_NAME = "hotspot1"
INTERFACE = "bridge-hotspot"
FACTORS = {"": 1, "k": 1_000, "M": 1_000_000, "G": 1_000_000_000}
_RATE = re.compile(r"(\d{1,12})([kMG]?)(?:/(\d{1,12})([kMG]?))?(?: .*)?")


class MikroTikWords(RadiusWords):
    """RouterOS's attributes."""

    vendors = ("mikrotik",)

    def close_access(self, packet: Any, nas: Nas, phone: Subscriber) -> None:
        """Say the address before any translation, and where a guest logs off."""
        packet["NAS-Port-Id"] = INTERFACE
        packet["Mikrotik-Host-IP"] = phone.address
        packet["WISPr-Logoff-URL"] = nas.logoff_url

    def station(self, phone: Subscriber) -> str:
        """8A:56:7E:F9:10:E4."""
        return phone.mac.replace("-", ":")

    def mac_user_name(self, phone: Subscriber) -> str:
        """The same."""
        return self.station(phone)

    def called(self, nas: Nas) -> str:
        """The hotspot's name."""
        return SERVER_NAME

    def rights(self, packet: Any, present: Rights) -> Rights:
        """Mikrotik-Rate-Limit goes before WISPr's bandwidth."""
        found = super().rights(packet, present)
        upload, download = read_rate(first(packet, "Mikrotik-Rate-Limit"))
        return replace(
            found,
            upload_bps=found.upload_bps if upload is None else upload,
            download_bps=found.download_bps if download is None else download,
            upload_octets=_quota(packet, "Recv", present.upload_octets),
            download_octets=_quota(packet, "Xmit", present.download_octets),
            total_octets=_quota(packet, "Total", present.total_octets),
        )

    def names_session(self, order: Order) -> bool:
        """A user, and the session or the address."""
        found = order.session_id or first(order.packet, "Framed-IP-Address")
        return bool(order.user_name and found)

    def concerns(self, order: Order, phone: Subscriber) -> bool:
        """All that is named must fit."""
        address = first(order.packet, "Framed-IP-Address")
        return address in (None, phone.address) and super().concerns(order, phone)


def read_rate(text: Any) -> tuple[int | None, int | None]:
    """Return upload and download in bit/s of `rx[/tx] ...`; one figure alone is both.

    >>> read_rate("2M/8M 4M/16M"), read_rate("512k"), read_rate("0/1000000"), read_rate(None)
    ((2000000, 8000000), (512000, 512000), (0, 1000000), (None, None))
    """
    told = _RATE.fullmatch(str(text or ""))
    if told is None:
        return None, None
    upload = int(told[1]) * FACTORS[told[2]]
    return upload, upload if told[3] is None else int(told[3]) * FACTORS[told[4]]


def _quota(packet: Any, direction: str, before: int | None) -> int | None:
    names = f"Mikrotik-{direction}-Limit", f"Mikrotik-{direction}-Limit-Gigawords"
    return quota(packet, *names, before)
