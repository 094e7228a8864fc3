"""What one key of `[mail]`, `[sms]` and `[alerts]` asks of another: all faults at once, by key.

Asked when the portal or supervision starts, so that a start is refused once and not key by key.
"""

import ssl
from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from territory.errors import Fault, ProtocolError
from territory.messages.addresses import MailAddress
from territory.messages.numbers import read_country_codes
from territory.rules.opening_hours import hours_faults
from territory.settings.messages import (
    AlertRecipient,
    AlertsSettings,
    MailSettings,
    SmsSettings,
)

LOOPBACK_NAMES = ("localhost",)


def mail_faults(mail: MailSettings) -> list[Fault]:
    """Return what is wrong with `[mail]`, key by key."""
    if not mail.is_on:
        return []
    checks = {
        "sender": (_is_address(mail.sender), "expected an address, such as wifi@meuse.example"),
        "password": (
            (mail.user is None) is (mail.password is None),
            "expected user and password, both or neither",
        ),
        "security": (
            mail.security != "none" or _is_this_machine(mail.server or ""),
            "expected starttls or tls for a relay on another machine",
        ),
        "authorities": (
            mail.authorities is None or _is_pem(mail.authorities),
            f"expected a readable PEM file: {mail.authorities}",
        ),
    }
    return [Fault(f"mail.{key}", words) for key, (is_well, words) in checks.items() if not is_well]


def sms_faults(sms: SmsSettings) -> list[Fault]:
    """Return what is wrong with `[sms]`, key by key."""
    if not sms.is_on:
        return []
    faults = [
        Fault(f"sms.{key}", f"expected a value: {sms.provider} needs it")
        for key in _NEEDED.get(sms.provider or "", ())
        if not getattr(sms, key)
    ]
    if sms.number and sms.provider != "twilio":
        faults.append(Fault("sms.number", "expected nothing: only twilio signs what comes in"))
    if sms.url is not None and not sms.url.startswith(("https://", "http://127.0.0.1:")):
        faults.append(Fault("sms.url", f"expected https, found {sms.url}"))
    try:
        read_country_codes(sms.countries)
    except ProtocolError:
        faults.append(Fault("sms.countries", f"expected ISO 3166-1 codes, found {sms.countries}"))
    return faults


def alert_faults(alerts: AlertsSettings, mail: MailSettings) -> list[Fault]:
    """Return what is wrong with `[alerts]`, key by key; no address and no secret is repeated."""
    faults = [
        Fault(f"alerts.{key}", words)
        for key, words in _faults_of_hours("working_hours", alerts.working_hours)
    ]
    if alerts.authorities is not None and not _is_pem(alerts.authorities):
        expected = f"expected a readable PEM file: {alerts.authorities}"
        faults.append(Fault("alerts.authorities", expected))
    known = Counter(each.name for each in alerts.recipients)
    for place, recipient in enumerate(alerts.recipients):
        where = f"alerts.recipients[{place}]"
        found = [*_faults_of_recipient(recipient, mail)]
        if known[recipient.name] > 1:
            found.append(("name", f"expected a name of its own, {recipient.name} is there twice"))
        faults += [Fault(f"{where}.{key}", words) for key, words in found]
    return faults


def address_of(recipient: AlertRecipient) -> str:
    """Return where a recipient is told; Mattermost's may lie in its secret file.

    Raises:
        OSError: that file cannot be read.
    """
    if recipient.address is not None:
        return recipient.address.get_secret_value().strip()
    return secret_of(recipient) if recipient.kind == "mattermost" else ""


def secret_of(recipient: AlertRecipient) -> str:
    """Return what the secret file holds; empty without one.

    Raises:
        OSError: it cannot be read.
    """
    return recipient.secret_file.read_text().strip() if recipient.secret_file else ""


def is_safe_address(address: str) -> bool:
    """Whether a service is called there: by https, or in clear on this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.username is not None or not host:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host))


def _faults_of_recipient(
    recipient: AlertRecipient, mail: MailSettings
) -> Iterator[tuple[str, str]]:
    yield from _faults_of_hours("hours", recipient.hours)
    try:
        address, secret = address_of(recipient), secret_of(recipient)
    except (OSError, UnicodeDecodeError):
        yield "secret_file", f"expected a readable file: {recipient.secret_file}"
        return
    if recipient.kind == "mail":
        if not _is_address(address):
            yield "address", "expected a mail address"
        if not mail.is_on:
            yield "kind", "expected [mail] to name a relay"
        return
    if not is_safe_address(address):
        yield "address", "expected an https address (http on this machine only), without a password"
    if any(not character.isprintable() for character in secret):
        yield "secret_file", "expected one line"
    if recipient.kind == "matrix" and not secret:
        yield "secret_file", "expected a file with the access token"
    if recipient.kind == "matrix" and recipient.room is None:
        yield "room", "expected the room's identifier, such as !abc:matrix.meuse.example"


def _faults_of_hours(key: str, hours: str) -> Iterator[tuple[str, str]]:
    for fault in hours_faults(hours) if hours else ():
        yield key, fault


_NEEDED = {
    "ovhcloud": ("account", "key", "secret", "consumer_key", "sender"),
    "twilio": ("account", "secret", "sender"),
}


def _is_address(text: str | None) -> bool:
    try:
        return MailAddress.parse(text or "") is not None
    except ProtocolError:
        return False


def _is_pem(path: Path) -> bool:
    try:
        ssl.create_default_context(cafile=str(path))
    except (OSError, ssl.SSLError):
        return False
    return True


def _is_this_machine(server: str) -> bool:
    try:
        return ip_address(server).is_loopback
    except ValueError:
        return server in LOOPBACK_NAMES
