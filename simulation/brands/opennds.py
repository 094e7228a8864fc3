"""openNDS 10 at levels 1 to 4, as its sources and recorded daemons behave (shell).

    1, 2   captured --GET /opennds_auth/?tok=rhid--> online --/opennds_deny/, session length-->
    3, 4   captured --the portal is asked, entry--> online --the same; the portal is told-->

At 2 and 3 the list is enciphered as PHP's openssl_encrypt does it. A poll is a form at 3 and a
query at 4, where its script puts its name in quotation marks; of an answer the first 1 024
characters are kept and four clients let in. Each client has a token, another one after each
session, whose hash alone leaves the gateway.
"""

import asyncio
import base64
import os
import secrets
from contextlib import suppress
from hashlib import sha256
from typing import Final
from urllib.parse import quote, unquote

import aiohttp
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from simulation.brand import Brand
from simulation.phone_table import PhoneTable
from simulation.subscriber import Rights, Subscriber, TerminateCause
from simulation.talk import Answer, Asked

CLIENTS_A_POLL: Final = 4
CHARACTERS_KEPT: Final = 1024
USUAL_MINUTES: Final = 1440
"""sessiontimeout, where nobody says otherwise."""
AGENT: Final = "openNDS(authmon;NDS:10.3.1;)"
NOTHING_CUSTOM: Final = ", (null)(null)(null)(null)"
"""How a list ends where its owner adds nothing."""
_PATIENCE: Final = aiohttp.ClientTimeout(total=10)
_LEAVING: Final = {
    TerminateCause.USER_REQUEST: "client_deauth",
    TerminateCause.IDLE_TIMEOUT: "idle_deauth",
    TerminateCause.SESSION_TIMEOUT: "timeout_deauth",
    TerminateCause.NAS_REBOOT: "shutdown_deauth",
}


def return_hash(token: str, faskey: str) -> str:
    """Return what opens the access of the client with this token."""
    shown = sha256(token.encode()).hexdigest()
    return sha256(f"{shown}{faskey}".encode()).hexdigest()


def enciphered(text: str, faskey: str, iv: str) -> str:
    """Return the list in AES-256-CBC, base64 within base64; `iv`: 16 characters."""
    pad = PKCS7(128).padder()
    octets = pad.update(text.encode()) + pad.finalize()
    key = faskey.encode().ljust(32, b"\0")[:32]
    cipher = Cipher(algorithms.AES(key), modes.CBC(iv.encode())).encryptor()
    inner = base64.b64encode(cipher.update(octets) + cipher.finalize())
    return base64.b64encode(inner).decode()


class OpenNdsByBrowser(Brand):
    """Level 1: a list anybody can read, and a browser that comes back."""

    enciphers = False
    polls = False

    def __init__(self, table: PhoneTable) -> None:
        super().__init__(table)
        self._tokens: dict[str, str] = {}
        self._left: list[str] = []
        self._task: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    @property
    def log_off_address(self) -> str:
        """What the open Web's page leads to."""
        return f"{self.table.login_address}/opennds_deny/"

    async def open(self) -> None:
        """Start asking the portal, where this level does."""
        if self.polls:
            self._closing.clear()
            self._task = asyncio.create_task(self._ask_on())

    async def close(self) -> None:
        """Stop asking, once what was asked is answered: a question that is broken off may leave its
        connection open."""
        if self._task:
            self._closing.set()
            await self._task
            self._task = None

    def captured(self, source: str, address: str) -> Answer:
        """Send a browser to the portal, with the list."""
        self.table.remember(source, address)
        listed = (f"{name}={value}" for name, value in self._list(source).items())
        text = ", ".join(listed) + NOTHING_CUSTOM
        if self.enciphers:
            iv = sha256(os.urandom(8)).hexdigest()[:16]
            query = f"fas={enciphered(text, self.table.options.portal_secret, iv)}&iv={iv}"
        else:
            query = f"fas={base64.b64encode(text.encode()).decode()}"
        return self.redirect(source, f"{self.table.options.portal}?{query}")

    async def log_in(self, source: str, asked: Asked) -> Answer:
        """Let in who shows the right hash, let out who asks, send anybody else to the portal."""
        match asked.path:
            case "/opennds_auth/":
                return self._authenticate(source, asked)
            case "/opennds_deny/":
                self.table.end(source, TerminateCause.USER_REQUEST)
                return Answer.page("Logged out")
            case _:
                return self.captured(source, f"{self.table.login_address}{asked.path}")

    def ended(self, phone: Subscriber, cause: TerminateCause) -> None:
        """Give the client another token; who polls tells the portal who left."""
        token = self._tokens.pop(phone.mac, "")
        online = phone.online
        if online is None:
            return
        self._left.append(
            f"method={_LEAVING.get(cause, 'ndsctl_deauth')}, clientmac={_written(phone.mac)},"
            f" bytes_incoming={online.counters.download_octets},"
            f" bytes_outgoing={online.counters.upload_octets},"
            f" session_start={int(online.since.timestamp())},"
            f" session_end={int(self.table.clock.now().timestamp())}, token={token}, custom=bmE%3d"
        )

    def _token(self, phone: Subscriber) -> str:
        return self._tokens.setdefault(phone.mac, secrets.token_hex(4))

    def _list(self, source: str) -> dict[str, str]:
        phone, options = self.table[source], self.table.options
        return {
            "hid": sha256(self._token(phone).encode()).hexdigest(),
            "clientip": phone.address,
            "clientmac": _written(phone.mac),
            "client_type": "cpd_can",
            "cpi_query": "",
            "gatewayname": quote(options.nasid, safe=""),
            "gatewayurl": "http%3a%2f%2fstatus.client",
            "version": "10.3.1",
            "gatewayaddress": f"{options.address}:{self.table.login_port}",
            "gatewaymac": options.nasmac.replace("-", "").lower(),
            **({"authdir": "opennds_auth"} if self.enciphers else {}),
            "originurl": quote(phone.user_url, safe=""),
            "clientif": "br-lan",
            "themespec": "",
        }

    def _authenticate(self, source: str, asked: Asked) -> Answer:
        phone = self.table[source]
        expected = return_hash(self._token(phone), self.table.options.portal_secret)
        if asked.query.get("tok") != expected:
            return self.captured(source, self.table.login_address)
        self.table.admit(source, "", Rights(session_seconds=USUAL_MINUTES * 60))
        return Answer.redirect(asked.query.get("redir") or self.table.login_address)

    async def _ask_on(self) -> None:
        """Ask again and again; a portal that does not answer is asked the next time."""
        shown = self.table.options.portal_certificate
        trusts = aiohttp.TCPConnector(ssl=shown.trusting_context() if shown else True)
        async with aiohttp.ClientSession(connector=trusts, timeout=_PATIENCE) as session:
            await self._try(session, "clear", "none")
            while not await self._is_closing():
                listed = await self._try(session, "view", "none")
                let_in = self._let_in(listed) if listed.startswith("*") else []
                await self._try(session, "view", " ".join(("*", *let_in)))
                await self._tell_who_left(session)

    async def _is_closing(self) -> bool:
        """Rest until the next question; whether there is none."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), self.table.options.tick_seconds)
        return self._closing.is_set()

    async def _tell_who_left(self, session: aiohttp.ClientSession) -> None:
        left, self._left = self._left, []
        for notice in left:
            await self._try(session, "deauthed", notice)

    def _let_in(self, listed: str) -> list[str]:
        """Let in whom the portal names; return those that were there."""
        done: list[str] = []
        by_hash = {
            return_hash(self._token(phone), self.table.options.portal_secret): source
            for source, phone in self.table.by_source().items()
        }
        for entry in listed[2 : 2 + CHARACTERS_KEPT].split()[:CLIENTS_A_POLL]:
            token, minutes, up, down, up_quota, down_quota, _custom = unquote(entry).split()
            source = by_hash.get(token)
            if source is None:
                continue
            rights = Rights(
                session_seconds=60 * int(minutes) or None,
                upload_bps=1000 * int(up) or None,
                download_bps=1000 * int(down) or None,
                upload_octets=1000 * int(up_quota) or None,
                download_octets=1000 * int(down_quota) or None,
            )
            self.table.admit(source, "", rights)
            done.append(token)
        return done

    async def _try(self, session: aiohttp.ClientSession, action: str, payload: str) -> str:
        """Ask the portal once; return its answer, or nothing."""
        options = self.table.options
        told = {
            "auth_get": action,
            "gatewayhash": sha256(quote(options.nasid, safe="").encode()).hexdigest(),
            "payload": base64.b64encode(payload.encode()).decode(),
        }
        headers = {"User-Agent": AGENT if self.enciphers else f'"{AGENT}"'}
        form, query = (told, None) if self.enciphers else (None, told)
        method = "POST" if self.enciphers else "GET"
        asking = session.request(method, options.portal, headers=headers, data=form, params=query)
        try:
            async with asking as reply:
                return (await reply.text()).strip() if reply.status == 200 else ""
        except (aiohttp.ClientError, TimeoutError):
            return ""


class EncipheredByBrowser(OpenNdsByBrowser):
    """Level 2."""

    enciphers = True


class OpenNdsByPoll(OpenNdsByBrowser):
    """Level 4."""

    polls = True


class EncipheredByPoll(OpenNdsByBrowser):
    """Level 3."""

    enciphers = True
    polls = True


def _written(mac: str) -> str:
    return mac.replace("-", ":").lower()
