"""A real mail server (aiosmtpd) on loopback, with an inbox and bad days on demand."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "wifi", "mot de passe du relais"


@dataclass
class Inbox:
    """What the server took, and how it behaves."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    were_secret: list[bool] = field(default_factory=list)
    were_known: list[bool] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    """Answers to the next RCPT commands, instead of 250."""
    go_away: Callable[[], None] = lambda: None
    """Has it listen no more."""
    attempts: int = 0
    """How many recipients were named to it."""

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, unless something else is to be answered."""
        self.attempts += 1
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep a letter."""
        content = envelope.content
        assert isinstance(content, bytes)
        letter = message_from_bytes(content, policy=POLICY)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.recipients.extend(envelope.rcpt_tos)
        assert server.transport is not None
        secret = server.transport.get_extra_info("sslcontext") is not None
        self.were_secret.append(secret)
        self.were_known.append(bool(session.authenticated))
        return "250 taken"


def _check(server: SMTP, session: Session, envelope: Envelope, how: str, who: Any) -> AuthResult:
    known = LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=who == known, handled=False)


@asynccontextmanager
async def mail_server(
    tls: ssl.SSLContext | None = None, *, implicit: bool = False, asks_who: bool = False
) -> AsyncIterator[Inbox]:
    """Serve on loopback: in clear, with STARTTLS demanded, or with TLS from the start."""
    inbox = Inbox()
    open_ones: list[SMTP] = []

    def serve() -> SMTP:
        one = SMTP(
            inbox,
            hostname="relay.meuse.example",
            tls_context=None if implicit else tls,
            require_starttls=tls is not None and not implicit,
            authenticator=_check if asks_who else None,
            auth_required=asks_who and not implicit,
            auth_require_tls=not implicit,
            loop=asyncio.get_running_loop(),
        )
        open_ones.append(one)
        return one

    loop = asyncio.get_running_loop()
    server = await loop.create_server(serve, "127.0.0.1", 0, ssl=tls if implicit else None)
    inbox.port, inbox.go_away = server.sockets[0].getsockname()[1], server.close
    try:
        yield inbox
    finally:
        server.close()
        for one in open_ones:
            for transport in (one.transport, one._original_transport):
                if isinstance(transport, asyncio.WriteTransport):
                    transport.abort()
        tasks = [one._handler_coroutine for one in open_ones if one._handler_coroutine]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
