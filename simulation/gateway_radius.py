"""The RADIUS side of a simulated gateway (shell): asks, reports, and hears orders.

Reports leave in the background, each until it is answered or patience ends; who stops the
gateway may wait for them. What is sent and received is told in words.
"""

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from simulation import packets
from simulation.configuration import GatewayConfiguration, RadiusServer
from simulation.credentials import Credential
from simulation.packets import Nas, Order, Reply, Request, StatusType
from simulation.radius_port import Address, RadiusPort
from simulation.radius_words import RadiusWords
from simulation.subscriber import Subscriber, TerminateCause

Tell = Callable[[str, str, tuple[tuple[str, str], ...]], None]
"""Takes the kind, the summary and the attributes of an event."""


class GatewayRadius:
    """What a running gateway says to its RADIUS server, and hears from it.

    One that has no server says and hears nothing.
    """

    def __init__(
        self,
        options: GatewayConfiguration,
        words: RadiusWords,
        tell: Tell,
        obey: Callable[[Order], bool],
    ) -> None:
        self._options = options
        self._server = options.radius or RadiusServer("")
        self._words = words
        self._tell = tell
        self._obey = obey
        self._port: RadiusPort | None = None
        self._reports: set[asyncio.Task[None]] = set()
        self._identifier = -1
        self._nas: Nas | None = None

    async def open(self, logoff_url: str) -> None:
        """Bind the CoA port, from which accounting leaves too.

        Raises: OSError when it is taken.
        """
        options = self._options
        if options.radius is None:
            return
        self._nas = Nas(
            options.nasid,
            options.address,
            options.nasmac,
            logoff_url,
            options.radius.shared_secret.encode(),
            options.ssid,
        )
        self._port = await RadiusPort.open((options.address, options.coaport), self._take_order)

    async def close(self) -> None:
        """Let go of every report and of the port."""
        port, self._port = self._port, None
        reports = list(self._reports)
        for report in reports:
            report.cancel()
        await asyncio.gather(*reports, return_exceptions=True)
        if port is not None:
            port.close()

    async def settle(self, seconds: float) -> None:
        """Wait until every report is answered or given up, at most this long."""
        if self._reports:
            await asyncio.wait(list(self._reports), timeout=seconds)

    @property
    def coa_port(self) -> int:
        """The UDP port on which orders arrive; 0 while it is closed."""
        return self._port.number if self._port else 0

    @property
    def ignored_replies(self) -> int:
        """Accounting replies thrown away because they were forged or nobody waited for them."""
        return self._port.ignored if self._port else 0

    async def authenticate(
        self, phone: Subscriber, user_name: str, credential: Credential
    ) -> Reply | None:
        """Return the server's verdict, None when it stays silent or nothing can be sent."""
        if self._nas is None:
            return None
        server = self._server
        request = self._words.access_request(
            self._nas, phone, user_name, credential, secrets.token_bytes(16)
        )
        described = packets.describe(request.packet)
        self._tell("access-request", f"{phone.mac} asks to come in", described)
        port = await RadiusPort.open((self._options.address, 0))
        try:
            address = (server.host, server.authentication_port)
            reply = await port.ask(request, address, server.patience)
        finally:
            port.close()
        self._tell(*_verdict(phone, reply))
        return reply

    def report_session(
        self,
        phone: Subscriber,
        status: StatusType,
        now: datetime,
        cause: TerminateCause | None = None,
    ) -> None:
        """Send a Start, an Interim-Update or a Stop of an online phone."""
        if self._nas is not None and phone.online is not None:
            report = packets.Report(status, now, self._next_identifier(), cause)
            self._send(self._words.session_report(self._nas, phone, phone.online, report), status)

    def report_nas(self, status: StatusType, now: datetime) -> None:
        """Send an Accounting-On or an Accounting-Off."""
        if self._nas is not None:
            report = packets.Report(status, now, self._next_identifier())
            self._send(self._words.nas_report(self._nas, report), status)

    def _next_identifier(self) -> int:
        self._identifier = (self._identifier + 1) % 256
        return self._identifier

    def _send(self, request: Request, status: StatusType) -> None:
        words = status.name.title().replace("_", "-")
        self._tell("accounting-request", f"Accounting {words}", packets.describe(request.packet))
        self.run(self._deliver(request, words))

    def run(self, errand: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do something in the background, at most until `close`."""
        task = asyncio.get_running_loop().create_task(errand)
        self._reports.add(task)
        task.add_done_callback(self._reports.discard)
        return task

    async def _deliver(self, request: Request, words: str) -> None:
        if self._port is None:
            return
        server = self._server
        address = (server.host, server.accounting_port)
        reply = await self._port.ask(request, address, server.patience)
        if reply is None:
            self._tell("accounting-lost", f"Nobody confirms {words}: it is given up", ())
        else:
            about = (("Acct-Status-Type", words), *reply.attributes)
            self._tell("accounting-response", f"The server confirms {words}", about)

    def _take_order(self, octets: bytes, sender: Address) -> bytes | None:
        secret = self._server.shared_secret.encode()
        order = packets.read_order(octets, secret, self._words.dictionary)
        trusted = order is not None and sender[0] == self._server.host
        if order is None or not trusted or not self._words.names_session(order):
            self._tell("order-ignored", "An order that cannot be trusted is ignored", ())
            return None
        done = self._obey(order)
        kind = "disconnect" if order.disconnect else "coa"
        outcome = "done" if done else "nobody is concerned"
        self._tell(
            f"{kind}-{'ack' if done else 'nak'}",
            f"An order about {order.user_name or order.session_id or order.station}: {outcome}",
            order.attributes,
        )
        return packets.answer_order(order, done=done, error_cause=self._words.error_cause)


def _verdict(
    phone: Subscriber, reply: Reply | None
) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    if reply is None:
        return "access-timeout", f"No answer about {phone.mac}", ()
    if reply.accepted:
        return "access-accept", f"The server accepts {phone.mac}", reply.attributes
    return "access-reject", f"The server refuses {phone.mac}", reply.attributes
