"""Letters by SMTP to one relay, which the settings name: `compose` is pure, `Mailer` is the shell.

A letter is written for one person, who waits for it: so it has a deadline, and what the relay says
for now (RFC 5321 §4.2.1: 4yz, or no connection) is tried again within it. TLS is demanded, not
offered: a relay that does not take it gets no password and no letter. A recipient whom the relay
refuses for good is `REFUSED`, which is nobody's outage; all else is `Unavailable`, in words for an
operator and without the address.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum
from functools import partial
from typing import Final, TypeVar
from uuid import UUID, uuid4

import aiosmtplib

from territory.errors import Unavailable
from territory.messages.addresses import MailAddress
from territory.settings.messages import MailSettings

RETRY_SECONDS: Final = 0.5
"""Before the second attempt; twice as long before each one after it."""
_TRANSIENT: Final = range(400, 500)
Outcome = TypeVar("Outcome")


class Delivery(StrEnum):
    """What became of a message that was handed over."""

    TAKEN = "taken"
    """The relay or the provider will carry it."""
    REFUSED = "refused"
    """It says for good that it cannot reach this address or number."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one person."""

    to: MailAddress
    """Whom."""
    subject: str
    """One line."""
    text: str
    """Plain text, in lines."""
    language: str = "fr"
    """Of the text (RFC 3282)."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom letters come from."""

    address: MailAddress
    """Its address."""
    name: str
    """The name beside it."""


def compose(letter: Letter, sender: Sender, written_at: datetime, message_id: str) -> EmailMessage:
    """Return a letter as it goes over the wire; machines know it for one that asks no answer.

    Args:
        letter: what is written.
        sender: who writes.
        written_at: aware.
        message_id: unique, without angle brackets.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(sender.name, sender.address.local, sender.address.domain)
    message["To"] = Address(username=letter.to.local, domain=letter.to.domain)
    message["Subject"] = letter.subject
    message["Date"] = written_at
    message["Message-ID"] = f"<{message_id}>"
    # RFC 3834 §5: neither holiday notes nor bounces come back to it.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text, cte="quoted-printable")
    message["Content-Language"] = letter.language
    return message


class Mailer:
    """Sends letters through the relay of the settings, which were checked (`checking`)."""

    def __init__(self, settings: MailSettings, *, retry_seconds: float = RETRY_SECONDS) -> None:
        """Prepare it; nothing is opened before a letter is sent."""
        self._settings = settings
        self._sender = Sender(MailAddress.parse(settings.sender or ""), settings.sender_name)
        self._retry_seconds = retry_seconds
        self._tls = None if settings.security == "none" else _tls(settings)

    async def send(self, letter: Letter, now: datetime, known_as: UUID | None = None) -> Delivery:
        """Hand a letter over; `known_as`: the same for a letter that may have gone before.

        Raises:
            Unavailable: the relay did not take it in time, and may later.
        """
        identifier = f"{(known_as or uuid4()).hex}@{self._sender.address.domain}"
        message = compose(letter, self._sender, now, identifier)
        return await self._in_time(partial(self._hand_over, message, letter.to))

    async def greet(self) -> None:
        """Go as far with the relay as one can without naming a recipient, and send nothing.

        Raises:
            Unavailable: the relay would take no letter now, to anybody.
        """
        await self._in_time(self._say_who_writes)

    async def _in_time(self, attempt: Callable[[], Awaitable[Outcome]]) -> Outcome:
        try:
            async with asyncio.timeout(self._settings.patience_seconds):
                return await self._try_again(attempt)
        except TimeoutError as fault:
            raise Unavailable("mail.server: the relay did not answer in time") from fault

    async def _try_again(self, attempt: Callable[[], Awaitable[Outcome]]) -> Outcome:
        pause = self._retry_seconds
        for _attempt in range(1, self._settings.attempts):
            try:
                return await attempt()
            except (aiosmtplib.SMTPException, OSError) as fault:
                if not _may_pass(fault):
                    raise Unavailable(f"mail.server: {_in_words(fault)}") from fault
            await asyncio.sleep(pause)
            pause *= 2
        try:
            return await attempt()
        except (aiosmtplib.SMTPException, OSError) as fault:
            raise Unavailable(f"mail.server: {_in_words(fault)}") from fault

    async def _hand_over(self, message: EmailMessage, to: MailAddress) -> Delivery:
        try:
            async with self._relay() as relay:
                sender = str(self._sender.address)
                await relay.send_message(message, sender=sender, recipients=[str(to)])
        except aiosmtplib.SMTPRecipientsRefused as refused:
            if any(one.code in _TRANSIENT for one in refused.recipients):
                raise
            return Delivery.REFUSED
        return Delivery.TAKEN

    async def _say_who_writes(self) -> None:
        async with self._relay() as relay:
            await relay.mail(str(self._sender.address))
            await relay.rset()

    def _relay(self) -> aiosmtplib.SMTP:
        """What opens a connection, with the TLS and the account of the settings."""
        settings = self._settings
        return aiosmtplib.SMTP(
            hostname=settings.server,
            port=settings.port,
            username=settings.user,
            password=settings.password.get_secret_value() if settings.password else None,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            tls_context=self._tls,
            local_hostname=self._sender.address.domain,
            timeout=settings.patience_seconds,
        )


def _tls(settings: MailSettings) -> ssl.SSLContext:
    authorities = settings.authorities
    return ssl.create_default_context(cafile=str(authorities) if authorities else None)


def _may_pass(fault: Exception) -> bool:
    """Whether the same letter may be taken a moment later."""
    if isinstance(fault, aiosmtplib.SMTPRecipientsRefused):
        return True
    if isinstance(fault, aiosmtplib.SMTPResponseException):
        return fault.code in _TRANSIENT
    return isinstance(fault, OSError) and not isinstance(_deepest(fault), ssl.SSLError)


def _deepest(fault: BaseException) -> BaseException:
    """Return what the library's own word for a broken connection was made from."""
    return _deepest(fault.__cause__) if fault.__cause__ else fault


def _in_words(fault: Exception) -> str:
    """Return what went wrong for an operator; a relay's answer may repeat an address, so only its
    number is told."""
    cause = _deepest(fault)
    if isinstance(cause, ssl.SSLError):
        return "its certificate or its TLS is refused"
    if isinstance(cause, aiosmtplib.SMTPRecipientsRefused):
        return "it does not take the recipient for now"
    if isinstance(cause, aiosmtplib.SMTPResponseException):
        return _ANSWERS.get(type(cause), "it answers {code}").format(code=cause.code)
    if isinstance(cause, OSError):
        return f"no connection: {type(fault).__name__}"
    return "it does not offer what the settings demand (STARTTLS, authentication)"


_ANSWERS: Final[Mapping[type[Exception], str]] = {
    aiosmtplib.SMTPAuthenticationError: "it refuses the account ({code})",
    aiosmtplib.SMTPSenderRefused: "it refuses the sender's address ({code})",
}
