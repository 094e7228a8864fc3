"""What the portal writes to guests with: a relay, a provider, and the keys of what is written.

Put together once at start from `[mail]` and `[sms]`; what is off is None, and the methods that need
it say so to the guest.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from territory.keyring import Keyring
from territory.messages.mail import Mailer
from territory.messages.sms import SmsSender
from territory.settings import Settings
from territory.settings.messages import MailSettings, SmsSettings


@dataclass(frozen=True, slots=True)
class Messages:
    """What is there to write with."""

    challenge_key: bytes = field(repr=False)
    """Of codes' and links' digests."""
    contact_key: bytes = field(repr=False)
    """Of addresses' and numbers' digests."""
    seal: Callable[[str], bytes] = field(repr=False)
    """Seals an address or number at rest."""
    open: Callable[[bytes], str] = field(repr=False)
    """Opens it."""
    mail: MailSettings
    """Limits, and how long an access may be lent."""
    mailer: Mailer | None
    """None: mail is off."""
    sms: SmsSettings
    """Budgets, countries, and the number guests may text to."""
    sender: SmsSender | None
    """None: text messages are off."""

    @classmethod
    def of(cls, settings: Settings, keyring: Keyring) -> "Messages":
        """Return what the settings ask for; they were checked (`portal.transport`)."""
        return cls(
            challenge_key=keyring.derive("challenge"),
            contact_key=keyring.derive("contact"),
            seal=keyring.seal,
            open=keyring.open,
            mail=settings.mail,
            mailer=Mailer(settings.mail) if settings.mail.is_on else None,
            sms=settings.sms,
            sender=SmsSender(settings.sms) if settings.sms.is_on else None,
        )
