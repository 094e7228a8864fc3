"""One contract for both SMS dialects, against a double of each provider."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from simulation.sms_provider import Provider, sms_provider
from territory.errors import Unavailable
from territory.messages.checking import sms_faults
from territory.messages.mail import Delivery
from territory.messages.numbers import PhoneNumber
from territory.messages.sms import SmsSender
from territory.messages.sms_text import TextMessage
from territory.settings.messages import SmsSettings

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
ANNE = PhoneNumber("+33612345678", "FR")
MESSAGE = TextMessage(ANNE, "Votre code : 123456 été €")

pytestmark = pytest.mark.parametrize("dialect", ["ovhcloud", "twilio"])


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    """Both doubles."""
    async with sms_provider() as provider:
        yield provider


def sender(provider: Provider, dialect: str, **given: Any) -> SmsSender:
    """Return what sends through a double."""
    settings = SmsSettings.model_validate({**provider.settings(dialect), **given})
    assert sms_faults(settings) == []
    return SmsSender(settings)


async def test_a_message_arrives_once(provider: Provider, dialect: str) -> None:
    """To one number, character for character."""
    assert await sender(provider, dialect).send(MESSAGE, NOW) is Delivery.TAKEN
    assert provider.messages == [("+33612345678", "Votre code : 123456 été €")]


async def test_a_number_nobody_has(provider: Provider, dialect: str) -> None:
    """Refused for good is no outage."""
    provider.unreachable = {ANNE.e164}
    assert await sender(provider, dialect).send(MESSAGE, NOW) is Delivery.REFUSED


async def test_a_wrong_key(provider: Provider, dialect: str) -> None:
    """The operator reads that the account is refused; the secret is not told."""
    wrong = {"secret": "wrong"} if dialect == "twilio" else {"consumer_key": "wrong"}
    with pytest.raises(Unavailable, match="account or its keys") as failed:
        await sender(provider, dialect, **wrong).send(MESSAGE, NOW)
    assert "wrong" not in str(failed.value)


async def test_a_provider_in_trouble_is_asked_once(provider: Provider, dialect: str) -> None:
    """A message may have gone although the answer says otherwise: it is not paid for twice."""
    provider.answers = [(503, {})]
    with pytest.raises(Unavailable, match="503"):
        await sender(provider, dialect).send(MESSAGE, NOW)
    assert provider.requests == 1


async def test_a_silent_provider(provider: Provider, dialect: str) -> None:
    """The guest waits no longer than the deadline."""
    provider.is_silent = True
    with pytest.raises(Unavailable, match="in time"):
        await sender(provider, dialect, patience_seconds=0.2).send(MESSAGE, NOW)


async def test_nobody_there(provider: Provider, dialect: str) -> None:
    """A closed port is told without the number."""
    nowhere = {"url": "http://127.0.0.1:1"}
    with pytest.raises(Unavailable, match="no answer") as failed:
        await sender(provider, dialect, **nowhere).send(MESSAGE, NOW)
    assert "612345678" not in str(failed.value)
