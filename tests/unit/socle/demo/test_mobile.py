"""A text message that the base sends to a guest is read in the journal."""

from datetime import UTC, datetime

from simulation.sms_provider import sms_provider
from socle.demo.journal import Journal, Kind
from socle.demo.mobile import Mobile
from territory.messages.numbers import PhoneNumber
from territory.messages.sms import SmsSender
from territory.messages.sms_text import TextMessage
from territory.settings.messages import SmsSettings

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)


async def test_a_text_message_is_read() -> None:
    """To which number and what it says, through the interface that the base calls in the field."""
    journal = Journal()
    async with sms_provider(on_message=Mobile(journal, lambda: NOW).ring) as provider:
        sender = SmsSender(SmsSettings.model_validate(provider.settings("ovhcloud")))
        await sender.send(TextMessage(PhoneNumber("+33612345678", "FR"), "Code : 123456"), NOW)
    (entry,) = journal.after(0)
    assert (entry.kind, entry.at) == (Kind.TEXT, NOW)
    assert dict(entry.facts) == {"à": "+33612345678", "texte": "Code : 123456"}
