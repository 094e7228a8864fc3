"""Text messages through the provider of the settings: the shell around a dialect.

A message costs money and rings a phone, so it is handed over once: only a connection that could not
be opened is tried again. There is a deadline, an answer is capped, and a redirect is an answer.
"""

import asyncio
from datetime import datetime
from typing import Final

import aiohttp
from yarl import URL

from territory.errors import Unavailable
from territory.messages.mail import Delivery
from territory.messages.sms_dialects import DIALECTS, Call, NotTaken
from territory.messages.sms_text import TextMessage
from territory.settings.messages import SmsSettings

LARGEST_ANSWER: Final = 1 << 16
"""Octets of an answer that are read."""


class SmsSender:
    """Sends text messages by settings that were checked (`checking`)."""

    def __init__(self, settings: SmsSettings) -> None:
        """Prepare it; nothing is opened before a message is sent."""
        self._settings = settings
        self._dialect = DIALECTS[settings.provider or ""]

    async def send(self, message: TextMessage, now: datetime) -> Delivery:
        """Hand a message over.

        Raises:
            Unavailable: the provider did not take it in time; it is not known to be unsent where
                only its answer is missing, and known to be where it is `NotTaken`.
        """
        call = self._dialect.write(self._settings, message, now)
        try:
            async with asyncio.timeout(self._settings.patience_seconds):
                status, body = await _post_again(call)
        except TimeoutError as fault:
            raise Unavailable("sms.provider: it did not answer in time") from fault
        except aiohttp.ClientConnectorError as fault:
            raise NotTaken(f"sms.provider: no answer: {type(fault).__name__}") from fault
        except (aiohttp.ClientError, OSError, ValueError) as fault:
            raise Unavailable(f"sms.provider: no answer: {type(fault).__name__}") from fault
        return self._dialect.read(status, body)


async def _post_again(call: Call) -> tuple[int, bytes]:
    """Post once, and once more where nothing can have been heard of the first."""
    try:
        return await _post(call)
    except aiohttp.ClientConnectorError:
        return await _post(call)


async def _post(call: Call) -> tuple[int, bytes]:
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
        session.post(
            URL(call.url, encoded=True),
            data=call.body,
            headers=dict(call.headers),
            allow_redirects=False,
        ) as response,
    ):
        return response.status, await response.content.read(LARGEST_ANSWER)
