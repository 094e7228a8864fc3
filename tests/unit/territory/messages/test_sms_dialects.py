"""Two providers' dialects: their signatures by others' hands, and every answer's meaning."""

import json
import subprocess
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from territory.errors import Unavailable
from territory.messages.mail import Delivery
from territory.messages.numbers import PhoneNumber
from territory.messages.sms_dialects import DIALECTS, ovh_signature, twilio_signature
from territory.messages.sms_text import TextMessage
from territory.settings.messages import SmsSettings

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
MESSAGE = TextMessage(PhoneNumber("+33612345678", "FR"), "Votre code : 123456")
OVH = SmsSettings(
    provider="ovhcloud",
    account="sms-ab12345-1",
    key="ak",
    secret=SecretStr("as"),
    consumer_key=SecretStr("ck"),
    sender="Socle",
)
TWILIO = SmsSettings(
    provider="twilio", account="AC1", secret=SecretStr("12345"), sender="+33755000000"
)


def test_ovhcloud_s_signature_is_openssl_s() -> None:
    """SHA-1 of secret, consumer key, method, address, body and time, joined by plus signs."""
    url = "https://eu.api.ovh.com/1.0/sms/sms-ab12345-1/jobs"
    signed = f"as+ck+POST+{url}+{{}}+1700000000"
    made = subprocess.run(
        ["openssl", "dgst", "-sha1", "-r"], input=signed.encode(), capture_output=True, check=True
    )
    expected = "$1$" + made.stdout.decode().split()[0]
    assert ovh_signature(OVH, "POST", url, "{}", "1700000000") == expected


def test_twilio_s_signature_is_that_of_its_documents() -> None:
    """The example of its validators: an address with a query, five parameters, the token 12345."""
    form = {
        "CallSid": "CA1234567890ABCDE",
        "From": "+12349013030",
        "To": "+18005551212",
        "Caller": "+12349013030",
        "Digits": "1234",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert twilio_signature(TWILIO, url, form.items()) == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="


def test_what_is_asked_of_ovhcloud() -> None:
    """One receiver, no advertising clause, signed at this second."""
    call = DIALECTS["ovhcloud"].write(OVH, MESSAGE, NOW)
    assert call.url == "https://eu.api.ovh.com/1.0/sms/sms-ab12345-1/jobs"
    job = json.loads(call.body)
    assert (job["receivers"], job["message"]) == (["+33612345678"], "Votre code : 123456")
    assert (job["sender"], job["noStopClause"]) == ("Socle", True)
    assert call.headers["X-Ovh-Timestamp"] == "1795183200"
    assert "as" not in call.headers.values()


def test_what_is_asked_of_twilio() -> None:
    """A form, as whom the account is."""
    call = DIALECTS["twilio"].write(TWILIO, MESSAGE, NOW)
    assert call.url == "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json"
    assert b"To=%2B33612345678&From=%2B33755000000" in call.body
    assert call.headers["Authorization"] == "Basic QUMxOjEyMzQ1"


OK = {"validReceivers": ["+33612345678"], "invalidReceivers": [], "ids": [1]}
NOBODY = {"validReceivers": [], "invalidReceivers": ["+33612345678"], "ids": []}


@pytest.mark.parametrize(
    ("provider", "status", "told", "outcome"),
    [
        ("ovhcloud", 200, OK, Delivery.TAKEN),
        ("ovhcloud", 200, NOBODY, Delivery.REFUSED),
        ("ovhcloud", 200, {}, "not what its documents say"),
        ("ovhcloud", 402, {"message": "no credit"}, "no credit"),
        ("ovhcloud", 403, {"errorCode": "INVALID_CREDENTIAL"}, "account or its keys"),
        ("ovhcloud", 400, {"message": "+33612345678"}, "unexpected"),
        ("ovhcloud", 500, None, "unexpected"),
        ("ovhcloud", 302, {}, "unexpected"),
        ("twilio", 201, {"status": "queued", "error_code": None}, Delivery.TAKEN),
        ("twilio", 201, {"status": "failed", "error_code": 30034}, "unexpected"),
        ("twilio", 400, {"code": 21614}, Delivery.REFUSED),
        ("twilio", 400, {"code": 21610}, Delivery.REFUSED),
        ("twilio", 400, {"code": 21606, "message": "+33612345678"}, "unexpected"),
        ("twilio", 401, {"code": 20003}, "account or its keys"),
        ("twilio", 429, {"code": 20429}, "too often"),
        ("twilio", 200, [], "unexpected"),
    ],
)
def test_what_an_answer_means(
    provider: str, status: int, told: Any, outcome: Delivery | str
) -> None:
    """Taken, refused for good, or away: told in words, without the number."""
    body = b"<html>" if told is None else json.dumps(told).encode()
    if isinstance(outcome, Delivery):
        assert DIALECTS[provider].read(status, body) is outcome
        return
    with pytest.raises(Unavailable, match=outcome) as failed:
        DIALECTS[provider].read(status, body)
    assert "612345678" not in str(failed.value)
