"""Two providers' ways of taking a text message, from their documents. Pure.

OVHcloud: POST /sms/{service}/jobs of its API v1, each request signed: SHA-1 of the application's
secret, the consumer key, method, address, body and time, joined by plus signs. Twilio: POST
/2010-04-01/Accounts/{sid}/Messages.json, a form with basic authentication; what it sends us is
signed by HMAC-SHA1 of our address and its sorted parameters. Neither has been spoken with yet: a
double of each passes the same contract (tests/servers/sms.py).

A dialect says what to ask and what an answer means. That a number cannot be reached is `REFUSED`;
all else that is no success is `Unavailable`, in words for an operator and without the number.
"""

import base64
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha1
from typing import Any, Final, Protocol
from urllib.parse import quote, urlencode

from territory.errors import Unavailable
from territory.messages.mail import Delivery
from territory.messages.sms_text import TextMessage
from territory.settings.messages import SmsSettings

_VALID_MINUTES: Final = 10
"""After that the code in it is worth nothing."""


@dataclass(frozen=True, slots=True)
class Call:
    """One POST to a provider."""

    url: str
    """Where."""
    body: bytes = field(repr=False)
    """What."""
    headers: Mapping[str, str] = field(repr=False)
    """Its kind, and who asks."""


class NotTaken(Unavailable):
    """A provider has certainly not taken a message: nobody gets it, and it costs nothing."""


class SmsDialect(Protocol):
    """How a provider is spoken with."""

    def write(self, settings: SmsSettings, message: TextMessage, now: datetime) -> Call:
        """Return what sends a message; `now` is aware."""
        ...

    def read(self, status: int, body: bytes) -> Delivery:
        """Return what an answer means.

        Raises:
            Unavailable: it did not take the message, for a reason that is not the number's;
                `NotTaken` where that is certain.
        """
        ...


class OvhCloud:
    """OVHcloud's API v1."""

    USUAL_URL: Final = "https://eu.api.ovh.com/1.0"

    def write(self, settings: SmsSettings, message: TextMessage, now: datetime) -> Call:
        """Return a signed request; the sender is the settings', no advertising clause is added."""
        url = f"{settings.url or self.USUAL_URL}/sms/{quote(settings.account or '', safe='')}/jobs"
        job = {
            "receivers": [message.to.e164],
            "message": message.text,
            "sender": settings.sender,
            "noStopClause": True,
            "priority": "high",
            "validityPeriod": _VALID_MINUTES,
            "charset": "UTF-8",
        }
        body = json.dumps(job)
        at = str(int(now.timestamp()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "X-Ovh-Application": settings.key or "",
            "X-Ovh-Consumer": _secret(settings.consumer_key),
            "X-Ovh-Timestamp": at,
            "X-Ovh-Signature": ovh_signature(settings, "POST", url, body, at),
        }
        return Call(url, body.encode(), headers)

    def read(self, status: int, body: bytes) -> Delivery:
        """A job names who it takes; one that takes nobody has refused the number."""
        told = _json(body)
        if status != 200:
            _refuse(status, {401: _ACCOUNT, 402: _CREDIT, 403: _ACCOUNT})
        taken, refused = told.get("validReceivers"), told.get("invalidReceivers")
        if taken:
            return Delivery.TAKEN
        if refused:
            return Delivery.REFUSED
        raise Unavailable("sms.provider: its answer is not what its documents say")


class Twilio:
    """Twilio's Programmable Messaging."""

    USUAL_URL: Final = "https://api.twilio.com"
    UNREACHABLE: Final = frozenset({21211, 21214, 21217, 21401, 21408, 21421, 21610, 21612, 21614})
    """Of its error codes: the number is none, no mobile, barred, or has asked to be left alone."""

    def write(self, settings: SmsSettings, message: TextMessage, now: datetime) -> Call:
        """Return a form with basic authentication."""
        account = quote(settings.account or "", safe="")
        url = f"{settings.url or self.USUAL_URL}/2010-04-01/Accounts/{account}/Messages.json"
        form = {
            "To": message.to.e164,
            "From": settings.sender or "",
            "Body": message.text,
            "ValidityPeriod": str(_VALID_MINUTES * 60),
        }
        known = f"{settings.account}:{_secret(settings.secret)}".encode()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Authorization": f"Basic {base64.b64encode(known).decode()}",
        }
        return Call(url, urlencode(form).encode(), headers)

    def read(self, status: int, body: bytes) -> Delivery:
        """201 is taken; 400 has a code that says whether it is the number's fault."""
        told = _json(body)
        if status == 201 and told.get("status") not in ("failed", "undelivered"):
            return Delivery.TAKEN
        code = told.get("error_code") if status == 201 else told.get("code")
        if code in self.UNREACHABLE:
            return Delivery.REFUSED
        return _refuse(status, {401: _ACCOUNT, 403: _ACCOUNT, 429: "it was asked too often"})


DIALECTS: Final[Mapping[str, SmsDialect]] = {"ovhcloud": OvhCloud(), "twilio": Twilio()}
"""By the provider's name in the settings."""

_ACCOUNT: Final = "it refuses the account or its keys"
_CREDIT: Final = "there is no credit left"


def ovh_signature(settings: SmsSettings, method: str, url: str, body: str, at: str) -> str:
    """Return what signs a request to OVHcloud, at a time in seconds."""
    known = (_secret(settings.secret), _secret(settings.consumer_key))
    signed = "+".join((*known, method, url, body, at))
    return "$1$" + sha1(signed.encode()).hexdigest()  # noqa: S324 - its own rule


def twilio_signature(settings: SmsSettings, url: str, form: Iterable[tuple[str, str]]) -> str:
    """Return what signs a form that Twilio posts to an address of ours."""
    signed = url + "".join(name + value for name, value in sorted(form))
    key = _secret(settings.secret).encode()
    return base64.b64encode(hmac.digest(key, signed.encode(), sha1)).decode()


def _secret(given: Any) -> str:
    return given.get_secret_value() if given else ""


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _refuse(status: int, words: Mapping[int, str]) -> Delivery:
    told = f"sms.provider: {words.get(status, 'an unexpected answer')} ({status})"
    # RFC 9110 §15.5, §15.6.4: whoever answers so has done nothing of what was asked.
    if 400 <= status < 500 or status == 503:
        raise NotTaken(told)
    raise Unavailable(told)
