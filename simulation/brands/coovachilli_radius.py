"""RADIUS as a CoovaChilli gateway speaks it. Pure.

The attributes, their values and their order are those of the exchange recorded in
tests/data/simulation/coovachilli-1.7.txt: the tests rebuild its packets octet for octet.
"""

from dataclasses import replace
from typing import Any

from simulation.packets import Nas, Order, first
from simulation.radius_words import RadiusWords, quota
from simulation.subscriber import Rights, Subscriber, TerminateCause

VERSION = "1.7"
ACCT_VIEW_POINT_CLIENT = 2
"""CoovaChilli-Acct-View-Point: octets are counted as the phone sees them."""
CLOSES = 2
"""CoovaChilli-Session-State in a CoA-Request that ends a session; 1 opens one."""


class CoovaChilliWords(RadiusWords):
    """CoovaChilli 1.7's attributes."""

    vendors = ("coovachilli",)
    error_cause = None

    def open_access(self, packet: Any, phone: Subscriber) -> None:
        """Say the version first."""
        packet["CoovaChilli-Version"] = VERSION

    def close_access(self, packet: Any, nas: Nas, phone: Subscriber) -> None:
        """Say where a guest logs off."""
        packet["WISPr-Logoff-URL"] = nas.logoff_url

    def open_report(self, packet: Any) -> None:
        """Say the version and from where octets are counted."""
        packet["CoovaChilli-Version"] = VERSION
        packet["CoovaChilli-Acct-View-Point"] = ACCT_VIEW_POINT_CLIENT

    def service_type(self, phone: Subscriber, user_name: str) -> str:
        """A phone asked about by its MAC address asks for Framed service, a person for Login."""
        return "Framed" if user_name == phone.mac else "Login"

    def rights(self, packet: Any, present: Rights) -> Rights:
        """CoovaChilli's own bandwidth counts in kbit/s and goes before WISPr's, in bit/s."""
        found = super().rights(packet, present)
        return replace(
            found,
            upload_bps=_bandwidth(packet, "Up", found.upload_bps),
            download_bps=_bandwidth(packet, "Down", found.download_bps),
            upload_octets=_quota(packet, "Input", present.upload_octets),
            download_octets=_quota(packet, "Output", present.download_octets),
            total_octets=_quota(packet, "Total", present.total_octets),
        )

    def names_session(self, order: Order) -> bool:
        """Without a User-Name the gateway does not answer at all."""
        return bool(order.user_name)

    def concerns(self, order: Order, phone: Subscriber) -> bool:
        """Every session of that user, or the one that is named."""
        return (
            phone.online is not None
            and phone.online.user_name == order.user_name
            and order.session_id in ("", phone.session_id)
        )

    def closes(self, order: Order) -> TerminateCause | None:
        """A CoA-Request may end a session too, by its state."""
        if first(order.packet, "CoovaChilli-Session-State") == CLOSES and not order.disconnect:
            return TerminateCause.USER_REQUEST
        return super().closes(order)


def _bandwidth(packet: Any, direction: str, before: int | None) -> int | None:
    kilobits = first(packet, f"CoovaChilli-Bandwidth-Max-{direction}")
    return before if kilobits is None else int(kilobits) * 1000


def _quota(packet: Any, direction: str, before: int | None) -> int | None:
    names = f"CoovaChilli-Max-{direction}-Octets", f"CoovaChilli-Max-{direction}-Gigawords"
    return quota(packet, *names, before)
