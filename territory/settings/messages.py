"""What the settings say of mail, SMS and alerts: `[mail]`, `[sms]` and `[alerts]` of `socle.toml`.

Types and ranges are pydantic's; what one key asks of another is `territory.messages.checking`'s,
which needs libraries that every command would else load. Without a server and without a provider
nothing can be sent, and the methods that need it say so.
"""

from pathlib import Path
from typing import Final, Literal

from pydantic import Field, SecretStr

from territory.settings.section import Section

FRENCH: Final = ("FR", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "WF", "PF", "NC")
"""The territories of France that have numbers of their own (ISO 3166-1)."""


class MailSettings(Section):
    """The relay that takes our mail; off without a server."""

    server: str | None = None
    """Name or address of the relay."""
    port: int = Field(default=587, ge=1, le=65535)
    """587 for `starttls`, 465 for `tls`."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection is kept secret; `none` is for a relay on this machine only."""
    authorities: Path | None = None
    """PEM file of who signs the relay's certificate; the system's authorities when absent."""
    user: str | None = None
    """Account at the relay, where it asks for one."""
    password: SecretStr | None = None
    """Its password."""
    sender: str | None = None
    """Address that mail comes from, such as `wifi@meuse.example`."""
    sender_name: str = Field(default="Wi-Fi public", max_length=60, pattern=r"^[^\r\n]*$")
    """Name beside it."""
    patience_seconds: float = Field(default=10.0, gt=0, le=60)
    """For one letter, all attempts together: a guest is waiting."""
    attempts: int = Field(default=3, ge=1, le=5)
    """Of one letter, where the relay is away or asks to come back."""
    provisional_minutes: int = Field(default=5, ge=0, le=30)
    """Online at once for so long, to read the mail; 0: not before the code is given."""
    provisional_a_day: int = Field(default=2, ge=0, le=20)
    """Provisional accesses of one device within 24 hours."""
    a_day_of_an_address: int = Field(default=10, ge=1)
    """Letters to one mail address."""
    a_day_of_a_sponsor: int = Field(default=100, ge=1)
    """Letters to one person of a place, who is asked to let guests in: a reception has many."""
    a_day_of_a_source: int = Field(default=500, ge=1)
    """Letters asked for from one network address: a whole site may stand behind it."""
    a_day_of_a_site: int = Field(default=2000, ge=1)
    """Letters asked for at one site."""

    @property
    def is_on(self) -> bool:
        """Whether mail can be sent."""
        return self.server is not None


class SmsSettings(Section):
    """The provider that takes our text messages; off without one."""

    provider: Literal["ovhcloud", "twilio"] | None = None
    """Whose dialect is spoken."""
    url: str | None = None
    """Address of its API, where it is not the provider's usual one."""
    account: str | None = None
    """ovhcloud: the SMS service, `sms-xx12345-1`. twilio: the Account SID."""
    key: str | None = None
    """ovhcloud: the application key. twilio: nothing."""
    secret: SecretStr | None = None
    """ovhcloud: the application secret. twilio: the Auth Token, which also signs what comes in."""
    consumer_key: SecretStr | None = None
    """ovhcloud: the consumer key."""
    sender: str | None = None
    """Number (E.164) or name that messages come from."""
    patience_seconds: float = Field(default=10.0, gt=0, le=60)
    """For one message: a guest is waiting."""
    number: str | None = None
    """The number guests may text a word to (E.164), where the provider tells what comes in."""
    region: str = Field(default="FR", pattern=r"^[A-Z]{2}$")
    """Country of a number that is typed without its prefix (ISO 3166-1)."""
    countries: list[str] = Field(default=list(FRENCH), min_length=1)
    """Countries whose mobile numbers are written to (ISO 3166-1): the territories of France."""
    a_day_of_a_number: int = Field(default=4, ge=1)
    """Messages to one number."""
    a_month_of_a_number: int = Field(default=20, ge=1)
    """Messages to one number; the month is that of Europe/Paris."""
    a_day_of_a_block: int = Field(default=40, ge=1)
    """Messages to numbers that differ in their last four digits only: pumping walks along them."""
    a_day_of_a_source: int = Field(default=100, ge=1)
    """Messages asked for from one network address: a whole site may stand behind it."""
    a_month_of_a_source: int = Field(default=1000, ge=1)
    """Messages asked for from one network address."""
    a_day_of_a_site: int = Field(default=200, ge=1)
    """Messages asked for at one site, counted in parts, as they are paid for."""
    a_day_of_an_organisation: int = Field(default=500, ge=1)
    """Parts, all sites of one organisation."""
    a_month_of_a_site: int = Field(default=2000, ge=1)
    """Parts, at one site."""
    a_month_of_an_organisation: int = Field(default=5000, ge=1)
    """Parts, all sites of one organisation."""
    unproven_an_hour_of_a_site: int = Field(default=60, ge=1)
    """Codes sent within an hour that nobody has typed: beyond, none is sent there. As many as a
    library has seats; a place where more come at once states its own (`sms:` of a site)."""

    @property
    def is_on(self) -> bool:
        """Whether text messages can be sent."""
        return self.provider is not None


class AlertRecipient(Section):
    """Somebody who is told, `[[alerts.recipients]]`."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")
    """What it is called here, in logs and in the console."""
    kind: Literal["mail", "matrix", "mattermost", "ntfy", "json"]
    """How it is told."""
    address: SecretStr | None = None
    """Mail address, or https address of the service: of the homeserver (matrix), the incoming
    webhook (mattermost), the topic (ntfy), or where JSON is posted. Kept out of logs."""
    room: str | None = Field(default=None, pattern=r"^![^\s/?#]{1,254}$")
    """matrix: the room's identifier, `!...`."""
    secret_file: Path | None = None
    """File with the access token (matrix, ntfy, json); mattermost: with the whole address."""
    tells: Literal["critical", "warning"] = "critical"
    """The least that is told as it happens; the rest waits for the digest."""
    hours: str = "07:00-22:00"
    """On call (OSM `opening_hours`): what is critical in one place waits for them, what is
    critical for the whole base does not."""
    digest: bool = True
    """Whether the morning's digest is sent."""
    stand_in: bool = False
    """Told only of what nobody acknowledged in time."""


class AlertsSettings(Section):
    """Alerts without Prometheus; off where nobody is named."""

    recipients: list[AlertRecipient] = Field(default=[])
    working_hours: str = "Mo-Fr 08:00-18:00; PH off"
    """When warnings are told (OSM `opening_hours`)."""
    digest_hour: int = Field(default=8, ge=0, le=23)
    """Of the territory's clock, each day; nothing is sent where there is nothing to say."""
    departement: str = Field(default="", pattern=r"^(\d[\dAB]\d?)?$")
    """Whose clock and school holidays; empty: metropolitan France's."""
    remind_after_hours: float = Field(default=4.0, ge=0)
    """Nobody acknowledged: told once more, to stand-ins too; 0: never."""
    most_an_hour: int = Field(default=6, ge=1)
    """Messages to one recipient; what is more waits and makes one."""
    quiet_minutes: float = Field(default=15.0, ge=0)
    """What comes back within them is the same incident; twice as long after each return."""
    gather_seconds: float = Field(default=15.0, ge=0)
    """Waited before a message, so that what breaks together is told together."""
    pace: float = Field(default=1.0, gt=0, le=1)
    """What every wait of a rule is multiplied by; less than 1 is for demonstrations."""
    patience_seconds: float = Field(default=15.0, gt=0, le=60)
    """For one attempt of one message."""
    authorities: Path | None = None
    """PEM file of who signs the services' certificates; the system's authorities when absent."""
    components: tuple[Literal["portal", "radius", "retention"], ...] = (
        "portal",
        "radius",
        "retention",
    )
    """Whose measures are read, on this machine."""

    @property
    def is_on(self) -> bool:
        """Whether anybody is told."""
        return bool(self.recipients)
