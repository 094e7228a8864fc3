"""Carries messages to those they are for: by mail through the relay, or to a chat or push service.

Each recipient has a way of its own: one that does not answer keeps nobody else waiting. A message
is tried again, later each time; a service that asks for rest is left alone for as long as it asks.
After a day a message is given up, and that is counted.
"""

import ssl
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from supervision.alerts.records import Message
from territory.errors import Unavailable
from territory.messages.addresses import MailAddress
from territory.messages.checking import address_of, secret_of
from territory.messages.mail import Delivery, Letter, Mailer
from territory.messages.webhook import AskedToWait, Door, Notice, Webhook
from territory.settings.messages import AlertRecipient, AlertsSettings, MailSettings

FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(minutes=30)
GIVEN_UP_AFTER: Final = timedelta(days=1)
_MOST_DOUBLINGS: Final = 6


class Way(Protocol):
    """How somebody is told."""

    async def carry(self, notice: Notice, now: datetime) -> None:
        """Hand a message over.

        Raises:
            Unavailable: it was not taken, and may be later.
        """
        ...


class ByMail:
    """To a mail address."""

    def __init__(self, mailer: Mailer, to: MailAddress) -> None:
        self._mailer = mailer
        self._to = to

    async def carry(self, notice: Notice, now: datetime) -> None:
        """Hand a letter to the relay."""
        letter = Letter(self._to, notice.subject, f"{notice.text}\n\n{notice.link}")
        if await self._mailer.send(letter, now, notice.id) is Delivery.REFUSED:
            raise Unavailable("mail.server: it refuses the recipient's address")


class ByService:
    """To a chat or push service."""

    def __init__(self, webhook: Webhook) -> None:
        self._webhook = webhook

    async def carry(self, notice: Notice, now: datetime) -> None:
        """Hand a message to the service."""
        await self._webhook.send(notice)


def ways_of(alerts: AlertsSettings, mail: MailSettings) -> dict[str, Way]:
    """Return how each recipient of settings that were checked (`checking`) is told, by name.

    Raises:
        OSError: a secret file went since.
    """
    mailer = Mailer(mail) if mail.is_on else None
    tls = None
    if alerts.authorities is not None:
        tls = ssl.create_default_context(cafile=str(alerts.authorities))
    return {each.name: _way(each, alerts, mailer, tls) for each in alerts.recipients}


def _way(
    recipient: AlertRecipient,
    alerts: AlertsSettings,
    mailer: Mailer | None,
    tls: ssl.SSLContext | None,
) -> Way:
    if recipient.kind == "mail" and mailer is not None:
        return ByMail(mailer, MailAddress.parse(address_of(recipient)))
    secret = "" if recipient.kind == "mattermost" else secret_of(recipient)
    door = Door(recipient.kind, address_of(recipient), secret, recipient.room or "")
    return ByService(Webhook(door, alerts.patience_seconds, tls))


async def attempt(message: Message, ways: Mapping[str, Way], now: datetime) -> Message:
    """Try once to send a message; return it with what became of it."""
    way = ways.get(message.recipient)
    if way is None:
        return replace(message, given_up_at=now, failure="nobody of this name is told any more")
    written = message.written
    notice = Notice(message.id, written.subject, written.body, written.urgency, written.link)
    try:
        await way.carry(notice, now)
    except Unavailable as fault:
        return after_failure(message, fault, now)
    return replace(message, sent_at=now, failure=None)


def after_failure(message: Message, fault: Unavailable, now: datetime) -> Message:
    """Return a message with when it is tried again; too old, it is given up."""
    pause = min(FIRST_PAUSE * 2 ** min(message.tries, _MOST_DOUBLINGS), LONGEST_PAUSE)
    if isinstance(fault, AskedToWait):
        pause = timedelta(seconds=fault.seconds)
    tried = replace(message, tries=message.tries + 1, failure=str(fault), next_try_at=now + pause)
    if now - message.made_at >= GIVEN_UP_AFTER:
        return replace(tried, given_up_at=now)
    return tried
