"""UniFi: an access point redirects, and Network, on a console or by itself, lets guests in (shell).

The official API and the older one, as their documents say: a key or an account, sites by number
or by name, the limits of each field, and refusals in their own words. What is asked wrongly is
refused, since a real controller does not guess.
"""

import json
import re
import secrets
from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_OID, uuid5

from simulation.brands.adopted import (
    Adopted,
    legacy_basic,
    legacy_device,
    official_details,
    official_row,
    official_statistics,
)
from simulation.brands.controlled import Controlled, said, told_in
from simulation.brands.external_page import colons
from simulation.phone_table import PhoneTable
from simulation.subscriber import Rights, Subscriber
from simulation.talk import Answer, Asked

CONSOLE = "/proxy/network"
RANGES = {
    "timeLimitMinutes": (1, 1_000_000),
    "dataUsageLimitMBytes": (1, 1_048_576),
    "rxRateLimitKbps": (2, 100_000),
    "txRateLimitKbps": (2, 100_000),
}
"""What each field of the official API takes."""
MEGA = 10**6
_FILTER = re.compile(r"(macAddress|access\.type)\.eq\('([^']*)'\)")


class UniFi(Controlled):
    """What both interfaces share."""

    def __init__(self, table: PhoneTable) -> None:
        super().__init__(table)
        self.on_console = True
        """Whether Network runs on a console (UniFi OS), or by itself."""
        self.adopted = [Adopted(colons(table.options.nasmac), "Accueil", table.clock.now())]
        """Its access points; the phones are at the first."""

    @property
    def radio(self) -> str:
        """Where its phones are, as the controller sees it."""
        return self.adopted[0].mac

    def captured(self, source: str, address: str) -> Answer:
        """Send a browser to the portal's host, with a path of UniFi's own."""
        options, phone = self.table.options, self.table.remember(source, address)
        return self.redirect(
            source,
            f"{options.portal}/guest/s/{options.controller.site}/?ap={colons(options.nasmac)}"
            f"&id={colons(phone.mac)}&t={int(self.table.clock.now().timestamp())}"
            f"&url={quote(phone.user_url, safe='')}&ssid={quote(options.ssid, safe='')}",
        )

    def phone(self, mac: str) -> tuple[str, Subscriber] | None:
        """Return a phone and its source address."""
        source = self.table.source_of(mac)
        return None if source is None else (source, self.table[source])


class Official(UniFi):
    """The API of Network 9.1.105 and later."""

    def __init__(self, table: PhoneTable) -> None:
        super().__init__(table)
        self.filters = True
        """Whether this version filters its lists."""

    async def answer(self, asked: Asked) -> Answer:
        """Return what the API says."""
        prefix = f"{CONSOLE if self.on_console else ''}/integration/v1"
        if not asked.path.startswith(f"{prefix}/"):
            return _refused(404, "api.err.NotFound", "NOT_FOUND")
        if asked.headers.get("x-api-key") != self.table.options.controller.password:
            return _refused(401, "api.authentication.missing-credentials", "UNAUTHORIZED")
        path = asked.path.removeprefix(prefix).strip("/").split("/")
        if path == ["sites"]:
            return self._listed(asked, [self._site])
        if path[1] != self._site["id"]:
            return _refused(404, "api.site.not-found", "NOT_FOUND")
        return self._of_site(asked, path[2:])

    def _of_site(self, asked: Asked, path: list[str]) -> Answer:
        match asked.method, path:
            case "GET", ["clients"]:
                return self._clients(asked)
            case "GET", ["clients", number]:
                return self._client(number)
            case "GET", ["devices"]:
                rows = [official_row(each, _number(each.mac)) for each in self.adopted]
                return self._listed(asked, rows)
            case "GET", ["devices", number, *more]:
                return self._device(number, more)
            case "POST", ["clients", number, "actions"]:
                return self._act(number, told_in(asked))
        return _refused(404, "api.err.NotFound", "NOT_FOUND")

    def _device(self, number: str, more: list[str]) -> Answer:
        known = next((each for each in self.adopted if _number(each.mac) == number), None)
        if known is not None and more == ["statistics", "latest"]:
            return said(official_statistics(known, self.table.clock.now()))
        if known is not None and not more:
            return said(official_details(known, number))
        return _refused(404, "api.device.not-found", "NOT_FOUND")

    def _clients(self, asked: Asked) -> Answer:
        found = [self._shown(phone) for phone in self.table.by_source().values()]
        if self.filters and (text := asked.query.get("filter")):
            wanted = _FILTER.fullmatch(text)
            if wanted is None:
                return _refused(400, "api.request.argument-type-mismatch", "BAD_REQUEST")
            name, value = wanted.groups()
            found = [each for each in found if _value(each, name) == value]
        return self._listed(asked, found)

    def _client(self, number: str) -> Answer:
        for phone in self.table.by_source().values():
            if _number(phone.mac) == number:
                return said(self._shown(phone, whole=True))
        return _refused(404, "api.client.not-found", "NOT_FOUND")

    def _act(self, number: str, told: dict[str, Any]) -> Answer:
        macs = [p.mac for p in self.table.by_source().values() if _number(p.mac) == number]
        if not macs:
            return _refused(404, "api.client.not-found", "NOT_FOUND")
        if told.get("action") == "UNAUTHORIZE_GUEST_ACCESS":
            self.end(macs[0])
            return said({"action": told["action"]})
        wrong = [n for n, (low, high) in RANGES.items() if not low <= told.get(n, low) <= high]
        if (
            told.get("action") != "AUTHORIZE_GUEST_ACCESS"
            or wrong
            or set(told) - {*RANGES, "action"}
        ):
            return _refused(400, "api.request.validation", "BAD_REQUEST")
        self._admit(macs[0], told)
        return said({"action": told["action"], "grantedAuthorization": {"usage": {}}})

    def _admit(self, mac: str, told: dict[str, Any]) -> None:
        megabytes, minutes = told.get("dataUsageLimitMBytes"), told.get("timeLimitMinutes")
        down, up = told.get("rxRateLimitKbps"), told.get("txRateLimitKbps")
        rights = Rights(
            session_seconds=minutes and minutes * 60,
            total_octets=megabytes and megabytes * MEGA,
            upload_bps=up and up * 1000,
            download_bps=down and down * 1000,
        )
        self.table.admit(self.table.source_of(mac) or "", mac, rights)

    def _shown(self, phone: Subscriber, *, whole: bool = False) -> dict[str, Any]:
        access: dict[str, Any] = {"type": "GUEST", "authorized": phone.online is not None}
        if whole and phone.online is not None:
            access["authorization"] = {"usage": self._usage(phone)}
        return {
            "type": "WIRELESS",
            "id": _number(phone.mac),
            "name": "phone",
            "connectedAt": "2026-11-20T13:00:00Z",
            "ipAddress": phone.address,
            "macAddress": colons(phone.mac),
            "uplinkDeviceId": _number(self.radio),
            "access": access,
        }

    def _usage(self, phone: Subscriber) -> dict[str, int]:
        if phone.online is None:
            return {}
        counters = phone.online.counters
        return {
            "durationSec": phone.online.seconds(self.table.clock.now()),
            "rxBytes": counters.download_octets,
            "txBytes": counters.upload_octets,
            "bytes": counters.download_octets + counters.upload_octets,
        }

    @property
    def _site(self) -> dict[str, Any]:
        name = self.table.options.controller.site
        return {"id": _number(name), "internalReference": name, "name": f"Site {name}"}

    def _listed(self, asked: Asked, found: list[dict[str, Any]]) -> Answer:
        offset, limit = int(asked.query.get("offset", 0)), int(asked.query.get("limit", 25))
        if not 0 <= limit <= 200:
            return _refused(400, "api.request.validation", "BAD_REQUEST")
        data = found[offset : offset + limit]
        counted = {"offset": offset, "limit": limit, "count": len(data), "totalCount": len(found)}
        return said({**counted, "data": data})


class Legacy(UniFi):
    """The interface of the controller's own pages."""

    def __init__(self, table: PhoneTable) -> None:
        super().__init__(table)
        self._sessions: dict[str, str] = {}
        self.log_ins = 0
        """How often somebody logged in."""

    def lapse(self) -> None:
        """Forget every session, as a restart does."""
        self._sessions.clear()

    async def answer(self, asked: Asked) -> Answer:
        """Return what the interface says."""
        if self.on_console and asked.path == f"{CONSOLE}/status":
            return _meta("error", 401, "api.err.LoginRequired")
        if asked.path == ("/api/auth/login" if self.on_console else "/api/login"):
            return self._log_in(told_in(asked))
        prefix = f"{CONSOLE if self.on_console else ''}/api/s/"
        if not asked.path.startswith(prefix):
            return Answer.redirect("/manage") if not self.on_console else _meta("error", 404)
        if not self._is_known(asked):
            return _meta("error", 401, "api.err.LoginRequired")
        site, _, path = asked.path.removeprefix(prefix).partition("/")
        if site != self.table.options.controller.site:
            return _meta("error", 401, "api.err.NoSiteContext")
        return self._of_site(asked, path)

    def _of_site(self, asked: Asked, path: str) -> Answer:
        match asked.method, path:
            case "POST", "cmd/stamgr":
                return self._command(told_in(asked))
            case "GET", "stat/sta":
                found = [self._shown(phone) for phone in self.table.by_source().values()]
                return _meta("ok", data=found)
            case "GET", "stat/device-basic":
                return _meta("ok", data=[legacy_basic(each) for each in self.adopted])
            case "POST", "stat/device":
                wanted, now = told_in(asked).get("macs", []), self.table.clock.now()
                found = [legacy_device(each, now) for each in self.adopted if each.mac in wanted]
                return _meta("ok", data=found)
        return self._station(path) or _meta("error", 404, "api.err.NotFound")

    def _station(self, path: str) -> Answer | None:
        if not path.startswith("stat/sta/"):
            return None
        known = self.phone(path.removeprefix("stat/sta/"))
        if known is None:
            return _meta("error", 400, "api.err.UnknownStation")
        return _meta("ok", data=[self._shown(known[1])])

    def _command(self, told: dict[str, Any]) -> Answer:
        known = self.phone(str(told.get("mac", "")))
        match told.get("cmd"):
            case "unauthorize-guest":
                if known is None:
                    return _meta("error", 400, "api.err.UnknownUser")
                self.end(known[1].mac)
            case "authorize-guest":
                if type(told.get("minutes")) is not int or told["minutes"] < 1:
                    return _meta("error", 400, "api.err.InvalidPayload")
                if known is not None:
                    self.table.admit(known[0], known[1].mac, _rights(told))
            case _:
                return _meta("error", 400, "api.err.InvalidPayload")
        return _meta("ok")

    def _log_in(self, told: dict[str, Any]) -> Answer:
        account = self.table.options.controller
        if (told.get("username"), told.get("password")) != (account.user, account.password):
            return _meta("error", 403 if self.on_console else 400, "api.err.Invalid")
        self.log_ins += 1
        session, token = secrets.token_hex(8), secrets.token_hex(8)
        name = "unifises"
        if self.on_console:
            claims = urlsafe_b64encode(json.dumps({"csrfToken": token}).encode()).decode()
            name, session = "TOKEN", f"e30.{claims.rstrip('=')}.{session}"
        self._sessions[f"{name}={session}"] = token
        return said({"meta": {"rc": "ok"}, "data": []}, Set_Cookie=f"{name}={session}; Path=/")

    def _is_known(self, asked: Asked) -> bool:
        token = self._sessions.get(asked.headers.get("cookie", ""))
        if token is None:
            return False
        shows = asked.method == "GET" or not self.on_console
        return shows or asked.headers.get("x-csrf-token") == token

    def _shown(self, phone: Subscriber) -> dict[str, Any]:
        shown = {
            "mac": colons(phone.mac),
            "ap_mac": self.radio,
            "is_guest": True,
            "authorized": phone.online is not None,
            "ip": phone.address,
            "uptime": 0,
        }
        if phone.online is None:
            return shown
        counters = phone.online.counters
        return shown | {
            "uptime": phone.online.seconds(self.table.clock.now()),
            "rx_bytes": counters.upload_octets,
            "tx_bytes": counters.download_octets,
        }


def _rights(told: dict[str, Any]) -> Rights:
    megabytes, up, down = told.get("bytes"), told.get("up"), told.get("down")
    return Rights(
        session_seconds=told["minutes"] * 60,
        total_octets=megabytes and megabytes * MEGA,
        upload_bps=up and up * 1000,
        download_bps=down and down * 1000,
    )


def _meta(
    code: str, status: int = 200, message: str = "", data: list[dict[str, Any]] | None = None
) -> Answer:
    meta = {"rc": code, **({"msg": message} if message else {})}
    return said({"meta": meta, "data": data or []}, status)


def _refused(status: int, code: str, name: str) -> Answer:
    return said({"statusCode": status, "statusName": name, "code": code}, status)


def _value(shown: dict[str, Any], name: str) -> Any:
    found: Any = shown
    for part in name.split("."):
        found = found[part]
    return found


def _number(name: str) -> str:
    """Return the opaque identifier of a site, a device or a client."""
    return str(uuid5(NAMESPACE_OID, name.lower().replace("-", ":")))
