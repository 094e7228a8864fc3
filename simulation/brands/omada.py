"""TP-Link Omada: its controller takes a browser's form for RADIUS, or the portal's call (shell).

What the two dialects refuse is what controllers were seen to refuse: JSON at the form's address, a
call without its Csrf-Token, another site, a guest that is not waiting at that access point and
network, a call without `clientIp` from version 6.2.10 on. The unit in which a pass is counted is
the one thing its documents and its users disagree on: `unit` is either.
"""

import secrets
from hashlib import md5, sha256
from typing import Any
from urllib.parse import quote, urlencode

from simulation.brand import Brand
from simulation.brands.adopted import Adopted, omada_details, omada_radios, omada_row
from simulation.brands.controlled import Controlled, said, told_in
from simulation.brands.external_page import colons
from simulation.credentials import Chap
from simulation.packets import Nas
from simulation.phone_table import PhoneTable
from simulation.radius_words import RadiusWords
from simulation.subscriber import Rights
from simulation.talk import Answer, Asked

BROWSER_FORM = "/portal/radius/browserauth"
SCRIPT_CALL = "/portal/radius/auth"
NOT_UNDERSTOOD, NOT_AUTHENTICATED, REJECTED, NO_RADIUS = -1001, -41501, -41529, -41530
NOT_LOGGED_IN, WRONG_OPERATOR, NO_SUCH_PASS = -1, -30109, -41001
WRONG_APPLICATION, TOKEN_INVALID, NOT_ITS_SITE = -44106, -44113, -1505
"""errorCode."""
OPEN_API = "/openapi/v1/"


class OmadaWords(RadiusWords):
    """Called-Station-Id names access point and network."""

    def called(self, nas: Nas) -> str:
        """Return AA-BB-CC-DD-EE-FF:network."""
        return f"{nas.mac}:{nas.ssid}"


class ByRadius(Brand):
    """The controller's own portal, which asks RADIUS for a browser."""

    words = OmadaWords()

    def captured(self, source: str, address: str) -> Answer:
        """Send a browser to the portal, and say where its form shall go."""
        options, phone = self.table.options, self.table.remember(source, address)
        scheme, _, authority = self.table.login_address.partition("://")
        told = {
            "target": options.address,
            "targetPort": authority.rpartition(":")[2],
            "scheme": scheme,
            "clientMac": phone.mac,
            "clientIp": phone.address,
            "raidusServerIp": "",
            "apMac": options.nasmac,
            "gatewayMac": "",
            "ssidName": options.ssid,
            "vid": "",
            "radioId": "1",
            "originUrl": phone.user_url,
        }
        return self.redirect(source, f"{options.portal}?{urlencode(told, quote_via=quote)}")

    async def log_in(self, source: str, asked: Asked) -> Answer:
        """Take the form of a browser."""
        if asked.path == SCRIPT_CALL:
            return said({"errorCode": NOT_UNDERSTOOD})
        if asked.path != BROWSER_FORM or asked.method != "POST":
            return Answer.refusal()
        form = asked.form
        waiting = self.table.source_of(form.get("clientMac", ""))
        if form.get("authType") != "2" or waiting is None:
            return said({"errorCode": NOT_AUTHENTICATED})
        challenge = secrets.token_bytes(16)
        answer = md5(b"\x01" + form.get("password", "").encode() + challenge).digest()
        name = form.get("username", "")
        reply = await self.table.ask(waiting, name, Chap(1, answer, challenge))
        if reply is None:
            return said({"errorCode": NO_RADIUS})
        if not reply.accepted:
            return said({"errorCode": REJECTED})
        return Answer.redirect(form.get("originUrl") or self.table[waiting].user_url)


class ByController(Controlled):
    """The controller, as a hotspot operator reaches it."""

    def __init__(self, table: PhoneTable) -> None:
        super().__init__(table)
        self.version = "5.15.24.19"
        self.unit = 1_000
        """Counts of a second in `time`."""
        self.lists = True
        """Whether the operator may see who passes."""
        self.adopted = [
            Adopted(colons(table.options.nasmac), "Accueil", table.clock.now(), version="1.1.6")
        ]
        """Its access points."""
        self.tokens: set[str] = set()
        """Those that it gave to its application and still takes."""
        self._sessions: dict[str, str] = {}
        self._passes: dict[str, dict[str, Any]] = {}

    def lapse(self) -> None:
        """Forget every session, as a restart does."""
        self._sessions.clear()

    def captured(self, source: str, address: str) -> Answer:
        """Send a browser to the portal."""
        options, phone = self.table.options, self.table.remember(source, address)
        told = {
            "clientMac": phone.mac,
            "clientIp": phone.address,
            "apMac": options.nasmac,
            "ssidName": options.ssid,
            "t": str(int(self.table.clock.now().timestamp()) * 1_000_000),
            "radioId": "1",
            "site": options.controller.site,
            "redirectUrl": phone.user_url,
        }
        return self.redirect(source, f"{options.portal}?{urlencode(told, quote_via=quote)}")

    async def answer(self, asked: Asked) -> Answer:
        """Return what the controller says."""
        if asked.path == "/api/info":
            return said({"errorCode": 0, "result": self._info})
        if asked.path.startswith("/openapi/"):
            return self._told_to_application(asked)
        prefix = f"{f'/{self._own_name}' if self._own_name else ''}/api/v2/hotspot"
        if not asked.path.startswith(f"{prefix}/"):
            return Answer(404, "", "text/plain")
        return self._told_to_operator(asked, asked.path.removeprefix(f"{prefix}/"))

    def _told_to_operator(self, asked: Asked, path: str) -> Answer:
        if path == "login":
            return self._log_in(told_in(asked))
        if not self._is_known(asked):
            return said({"errorCode": NOT_LOGGED_IN, "msg": "Not logged in"})
        if path == "extPortal/auth":
            return self._authorise(told_in(asked))
        return self._of_site(asked, path.split("/"))

    def _token(self, asked: Asked) -> Answer:
        account, told = self.table.options.controller, told_in(asked)
        shown = tuple(told.get(name) for name in ("omadacId", "client_id", "client_secret"))
        mine = (self._own_name, account.client, account.client_secret)
        if asked.query.get("grant_type") != "client_credentials" or shown != mine:
            return said({"errorCode": WRONG_APPLICATION, "msg": "Invalid client."})
        token = f"AT-{secrets.token_hex(16)}"
        self.tokens.add(token)
        given = {"accessToken": token, "tokenType": "bearer", "expiresIn": 7200}
        return said({"errorCode": 0, "result": given})

    def _told_to_application(self, asked: Asked) -> Answer:
        if asked.path == "/openapi/authorize/token":
            return self._token(asked)
        shown = asked.headers.get("authorization", "").removeprefix("AccessToken=")
        if shown not in self.tokens:
            return said({"errorCode": TOKEN_INVALID, "msg": "The access token is Invalid"})
        own, *path = asked.path.removeprefix(OPEN_API).split("/")
        if own != self._own_name or path[:2] != ["sites", self._site]:
            return said({"errorCode": NOT_ITS_SITE, "msg": "No permission."})
        if path[2:] == ["devices"]:
            return self._page(asked, [omada_row(each) for each in self.adopted])
        return self._access_point(path[2:])

    def _access_point(self, path: list[str]) -> Answer:
        known = {omada_row(each)["mac"]: each for each in self.adopted}
        match path:
            case ["aps", mac] if mac in known:
                found = omada_details(known[mac], self.table.clock.now())
                return said({"errorCode": 0, "result": found})
            case ["aps", mac, "radios"] if mac in known:
                return said({"errorCode": 0, "result": omada_radios(known[mac])})
        return Answer(404, "", "text/plain")

    def _page(self, asked: Asked, rows: list[dict[str, Any]]) -> Answer:
        page, size = (int(asked.query.get(name, 0)) for name in ("page", "pageSize"))
        if page < 1 or not 1 <= size <= 1000:
            return Answer(400, "", "text/plain")
        data = rows[(page - 1) * size : page * size]
        counted = {"totalRows": len(rows), "currentPage": page, "currentSize": size}
        return said({"errorCode": 0, "result": {**counted, "data": data}})

    def _of_site(self, asked: Asked, path: list[str]) -> Answer:
        match asked.method, path:
            case "GET", ["sites", site, "clients"] if site == self._site and self.lists:
                return said({"errorCode": 0, "result": {"data": self._shown()}})
            case "POST", ["sites", site, "cmd", "clients", number, "disconnect"] if (
                site == self._site
            ):
                return self._disconnect(number)
        return said({"errorCode": NOT_UNDERSTOOD, "msg": "Invalid request parameters."})

    def _authorise(self, told: dict[str, Any]) -> Answer:
        source = self.table.source_of(str(told.get("clientMac", "")))
        options = self.table.options
        here = (options.nasmac, options.ssid, self._site, 4)
        named = tuple(told.get(name) for name in ("apMac", "ssidName", "site", "authType"))
        needs_address = _numbers(self.version) >= (6, 2, 10)
        if source is None or named != here or (needs_address and not told.get("clientIp")):
            return said({"errorCode": NOT_AUTHENTICATED, "msg": "Failed to authenticate."})
        phone, granted = self.table[source], int(told["time"])
        now = int(self.table.clock.now().timestamp() * 1000)
        seconds = granted // self.unit
        self._passes[phone.mac] = {
            "id": sha256(phone.mac.encode()).hexdigest()[:24],
            "mac": phone.mac,
            "ip": phone.address,
            "start": now,
            "end": now + granted * 1000 // self.unit,
            "valid": True,
        }
        self.table.admit(source, phone.mac, Rights(session_seconds=max(1, seconds)))
        return said({"errorCode": 0, "msg": "Success."})

    def _shown(self) -> list[dict[str, Any]]:
        now = self.table.clock.now()
        shown = []
        for mac, held in self._passes.items():
            source = self.table.source_of(mac)
            online = self.table[source].online if source else None
            more = (
                {"valid": False}
                if online is None
                else {
                    "duration": online.seconds(now),
                    "trafficUp": online.counters.upload_octets,
                    "trafficDown": online.counters.download_octets,
                }
            )
            shown.append({**held, **more})
        return shown

    def _disconnect(self, number: str) -> Answer:
        macs = [mac for mac, held in self._passes.items() if held["id"] == number]
        if not macs:
            return said({"errorCode": NO_SUCH_PASS})
        self._passes[macs[0]]["valid"] = False
        self.end(macs[0])
        return said({"errorCode": 0})

    def _log_in(self, told: dict[str, Any]) -> Answer:
        account = self.table.options.controller
        if (told.get("name"), told.get("password")) != (account.user, account.password):
            return said({"errorCode": WRONG_OPERATOR, "msg": "Invalid username or password."})
        session, token = secrets.token_hex(8), secrets.token_hex(8)
        self._sessions[f"TPOMADA_SESSIONID={session}"] = token
        cookie = f"TPOMADA_SESSIONID={session}; Path=/; HttpOnly"
        return said({"errorCode": 0, "result": {"token": token}}, Set_Cookie=cookie)

    def _is_known(self, asked: Asked) -> bool:
        token = self._sessions.get(asked.headers.get("cookie", ""))
        if token is None:
            return False
        return not self._own_name or asked.headers.get("csrf-token") == token

    @property
    def _own_name(self) -> str:
        """What stands before every path from version 5 on."""
        if _numbers(self.version) < (5,):
            return ""
        return sha256(self.table.options.nasid.encode()).hexdigest()[:32]

    @property
    def _info(self) -> dict[str, Any]:
        shown = {"controllerVer": self.version, "apiVer": "3"}
        return shown | ({"omadacId": self._own_name} if self._own_name else {})

    @property
    def _site(self) -> str:
        return self.table.options.controller.site


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
