"""`[mail]` and `[sms]`: off by default; every fault told at once, with its key."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from territory.messages.checking import mail_faults, sms_faults
from territory.messages.settings import (
    MailSettings,
    SmsSettings,
)

RELAY = MailSettings(server="relay.meuse.example", sender="wifi@meuse.example")
TWILIO = SmsSettings(provider="twilio", account="AC1", secret=SecretStr("s"), sender="+33755123456")


def test_nothing_given_is_off_and_well() -> None:
    """Without a relay and a provider nothing is sent, and that is no fault."""
    assert mail_faults(MailSettings()) == sms_faults(SmsSettings()) == []
    assert not MailSettings().is_on
    assert not SmsSettings().is_on


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        ({}, set()),
        ({"sender": None}, {"mail.sender"}),
        ({"sender": "wifi"}, {"mail.sender"}),
        ({"user": "wifi"}, {"mail.password"}),
        ({"password": SecretStr("x")}, {"mail.password"}),
        ({"security": "none"}, {"mail.security"}),
        ({"security": "none", "server": "127.0.0.1"}, set()),
        ({"security": "none", "server": "localhost"}, set()),
        ({"authorities": Path("/nowhere.pem")}, {"mail.authorities"}),
        ({"authorities": Path(__file__)}, {"mail.authorities"}),
        (
            {"sender": "x", "user": "u", "security": "none"},
            {"mail.sender", "mail.password", "mail.security"},
        ),
    ],
)
def test_faults_of_mail(given: dict[str, Any], keys: set[str]) -> None:
    """All of them at once; a password never goes in clear to another machine."""
    faults = mail_faults(RELAY.model_copy(update=given))
    assert {fault.key for fault in faults} == keys


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        ({}, set()),
        ({"secret": None, "sender": ""}, {"sms.secret", "sms.sender"}),
        ({"provider": "ovhcloud"}, {"sms.key", "sms.consumer_key"}),
        ({"url": "http://sms.example"}, {"sms.url"}),
        ({"url": "https://sms.example"}, set()),
        ({"url": "http://127.0.0.1:8000"}, set()),
        ({"countries": ["France"]}, {"sms.countries"}),
        ({"number": "+33755123456"}, set()),
        (
            {"provider": "ovhcloud", "key": "k", "consumer_key": SecretStr("c"), "number": "+337"},
            {"sms.number"},
        ),
    ],
)
def test_faults_of_sms(given: dict[str, Any], keys: set[str]) -> None:
    """Each dialect needs its own; an unsigned provider may not tell what comes in."""
    faults = sms_faults(TWILIO.model_copy(update=given))
    assert {fault.key for fault in faults} == keys
