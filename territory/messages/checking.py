"""What one key of `[mail]` and `[sms]` asks of another: every fault at once, each with its key.

Asked when the portal starts, so that a start is refused once and not key by key.
"""

import ssl
from ipaddress import ip_address
from pathlib import Path

from territory.errors import Fault, ProtocolError
from territory.messages.addresses import MailAddress
from territory.messages.numbers import read_country_codes
from territory.messages.settings import MailSettings, SmsSettings

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
