"""Cambium: captured browsers go to an external page, whose form repeats the query (shell).

    captured --POST /cgi-bin/hotspot_login.cgi?<the query as it was>, Access-Accept--> online

`ga_Qv` is sealed: the access point reads it again and refuses whatever was written otherwise. It
knows no page where a guest logs out, and says nothing of a refusal but to begin again. From
documents; the quota counts octets.
"""

from base64 import b64encode
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from simulation.brands.external_page import ExternalPage
from simulation.packets import Order
from simulation.radius_words import RadiusWords, quota
from simulation.subscriber import Rights
from simulation.talk import Answer, Asked


class CambiumWords(RadiusWords):
    """Cambium's quota; an order goes by the User-Name."""

    vendors = ("cambium",)

    def rights(self, packet: Any, present: Rights) -> Rights:
        """Quotas up, down and together, in octets."""
        return replace(
            super().rights(packet, present),
            upload_octets=_quota(packet, "Up", present.upload_octets),
            download_octets=_quota(packet, "Down", present.download_octets),
            total_octets=_quota(packet, "Total", present.total_octets),
        )

    def names_session(self, order: Order) -> bool:
        """The User-Name of its accounting."""
        return bool(order.user_name)


class Cambium(ExternalPage):
    """An access point with an external guest portal."""

    words = CambiumWords()

    def location(self, source: str, error: str = "") -> str:
        """Return the page's address; `ga_Qv` has escapes of both cases, a plus and equals signs."""
        options = self.table.options
        return f"{options.portal}?{self._query(source)}"

    async def log_in(self, source: str, asked: Asked) -> Answer:
        """Take the form, if its address is the one that was given."""
        if (asked.method, asked.path) != ("POST", "/cgi-bin/hotspot_login.cgi"):
            return Answer.refusal()
        if asked.raw_query != self._query(source):
            return Answer.refusal("truncated query strings\n")
        form = asked.form
        if await self.admits(source, form.get("ga_user", ""), form.get("ga_pass", "")):
            return self.wanted(source)
        return self.turned_away(source, "")

    def _query(self, source: str) -> str:
        options, phone = self.table.options, self.table.with_challenge(source)
        sealed = b64encode(phone.challenge).decode().replace("=", "%3d")
        told = {
            "ga_ssid": quote(options.ssid),
            "ga_ap_mac": options.nasmac,
            "ga_nas_id": options.nasid,
            "ga_srvr": options.address,
            "ga_cmac": phone.mac,
            "ga_Qv": f"eUROBR86HBgAGDEE%5C%2f+{sealed}=",
            "ga_orig_url": quote(phone.user_url, safe=""),
        }
        return "&".join(f"{name}={value}" for name, value in told.items())


def _quota(packet: Any, direction: str, before: int | None) -> int | None:
    name = f"Cambium-Traffic-Quota-Limit-{direction}"
    return quota(packet, name, f"{name}-Gigawords", before)
