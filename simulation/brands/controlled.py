"""A gateway whose guests are let in by its controller, which the portal calls (shell).

    captured --the portal asks the controller--> online --limit, the portal again--> captured

The browser is only sent to the portal and never comes back: its guests are known by MAC address.
What is common to such brands: the controller's https server, JSON, and the ways in which a
controller can be of no use (`Mood`), for those who must live with one.
"""

import asyncio
import json
from abc import abstractmethod
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from simulation.brand import Brand
from simulation.certificate import self_signed
from simulation.listeners import ControllerServer
from simulation.phone_table import PhoneTable
from simulation.subscriber import TerminateCause
from simulation.talk import Answer, Asked

MEBI = 1 << 20
SLOW_SECONDS = 0.25


class Mood(StrEnum):
    """How a controller feels today."""

    WELL = "well"
    """It does its work."""
    SILENT = "silent"
    """It takes a request and says nothing."""
    SLOW = "slow"
    """It does its work, a quarter of a second late each time."""
    HALF = "half"
    """It breaks off in the middle of each answer."""
    ANOTHER_VERSION = "another-version"
    """What it says has another shape."""
    NOT_JSON = "not-json"
    """It answers with a page."""
    HUGE = "huge"
    """It answers without end: five million octets."""
    ELSEWHERE = "elsewhere"
    """It sends whoever asks to another address."""
    BUSY = "busy"
    """It says that it was asked too often."""


class Controlled(Brand):
    """A gateway and its controller."""

    def __init__(self, table: PhoneTable) -> None:
        super().__init__(table)
        self.mood = Mood.WELL
        self.elsewhere = "https://127.0.0.1:9/"
        """Where it sends those who ask, in that mood."""
        self.asked: list[Asked] = []
        """All it was asked, in order."""
        self._server: ControllerServer | None = None

    @property
    def server(self) -> ControllerServer:
        """Its controller, once open."""
        if self._server is None:
            raise RuntimeError("the controller is not open")
        return self._server

    async def open(self) -> None:
        """Start the controller."""
        options = self.table.options
        certificate = options.certificate or self_signed(options.address)
        self._server = await ControllerServer.open(
            self._in_mood, options.address, options.controller.port, certificate
        )

    async def close(self) -> None:
        """End the controller."""
        server, self._server = self._server, None
        if server is not None:
            await server.close()

    @abstractmethod
    async def answer(self, asked: Asked) -> Answer:
        """Return what the controller says when it is well."""

    async def log_in(self, source: str, asked: Asked) -> Answer:
        """Return nothing of use: no browser logs in here."""
        return Answer.refusal()

    async def _in_mood(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        if self.mood is Mood.SLOW:
            await asyncio.sleep(SLOW_SECONDS)
        if self.mood in (Mood.WELL, Mood.SLOW):
            return await self.answer(asked)
        if self.mood is Mood.SILENT:
            await asyncio.Event().wait()
        if self.mood is Mood.ELSEWHERE:
            return Answer.redirect(self.elsewhere)
        return _USELESS[self.mood]

    def end(self, mac: str) -> bool:
        """End the session of a phone; whether there was one."""
        source = self.table.source_of(mac)
        if source is None or self.table[source].online is None:
            return False
        self.table.end(source, TerminateCause.ADMIN_RESET)
        return True


def said(content: Mapping[str, Any], status: int = 200, **headers: str) -> Answer:
    """Return JSON; `Set_Cookie` becomes Set-Cookie."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, json.dumps(content), "application/json", headers=named)


def told_in(asked: Asked) -> dict[str, Any]:
    """Return the JSON object a request carries; none: empty."""
    try:
        found = json.loads(asked.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


_USELESS = {
    Mood.HALF: Answer(200, '{"data": [', "application/json", headers={"Content-Length": "4096"}),
    Mood.HUGE: Answer(200, "[" * (5 * MEBI), "application/json"),
    Mood.BUSY: Answer(429, "{}", "application/json"),
    Mood.NOT_JSON: Answer.page("Welcome"),
    Mood.ANOTHER_VERSION: said({"version": {"major": 99}}),
}
