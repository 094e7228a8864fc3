"""`[mail]`, `[sms]` and `[alerts]`: off by default; every fault told at once, with its key."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from territory.messages.checking import alert_faults, mail_faults, sms_faults
from territory.settings.messages import (
    AlertsSettings,
    MailSettings,
    SmsSettings,
)

RELAY = MailSettings(server="relay.meuse.example", sender="wifi@meuse.example")
TWILIO = SmsSettings(provider="twilio", account="AC1", secret=SecretStr("s"), sender="+33755123456")


def test_nothing_given_is_off_and_well() -> None:
    """Without a relay and a provider nothing is sent, and that is no fault."""
    assert mail_faults(MailSettings()) == sms_faults(SmsSettings()) == []
    assert alert_faults(AlertsSettings(), MailSettings()) == []
    assert not AlertsSettings().is_on
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


ANNE = {"name": "anne", "kind": "mail", "address": "anne@meuse.example"}
MATRIX = {
    "name": "salon",
    "kind": "matrix",
    "address": "https://matrix.meuse.example",
    "room": "!abc:matrix.meuse.example",
    "secret_file": "TOKEN",
}


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        (ANNE, set()),
        (MATRIX, set()),
        (MATRIX | {"kind": "mattermost", "address": None, "secret_file": "ADDRESS"}, set()),
        (MATRIX | {"kind": "ntfy", "address": "http://127.0.0.1:8080/wifi"}, set()),
        (MATRIX | {"kind": "ntfy", "address": "http://[::1]/wifi", "secret_file": None}, set()),
        (ANNE | {"address": "anne"}, {"address"}),
        (ANNE | {"hours": "sunrise-sunset"}, {"hours"}),
        (ANNE | {"hours": ""}, set()),
        (MATRIX | {"room": None}, {"room"}),
        (MATRIX | {"secret_file": None}, {"secret_file"}),
        (MATRIX | {"secret_file": "/nowhere"}, {"secret_file"}),
        (MATRIX | {"secret_file": "TWO LINES"}, {"secret_file"}),
        (MATRIX | {"address": "http://matrix.meuse.example"}, {"address"}),
        (MATRIX | {"address": "https://user:secret@matrix.meuse.example"}, {"address"}),
        (MATRIX | {"address": "file:///etc/passwd"}, {"address"}),
        (MATRIX | {"address": "https://[matrix"}, {"address"}),
        (MATRIX | {"kind": "mattermost", "address": None, "secret_file": None}, {"address"}),
    ],
)
def test_faults_of_alerts(given: dict[str, Any], keys: set[str], tmp_path: Path) -> None:
    """Each with its recipient and key; no address and no secret is repeated."""
    kept = {
        "TOKEN": "syt_secret\n",
        "ADDRESS": "https://chat.meuse.example/hooks/secret\n",
        "TWO LINES": "syt_secret\nInjected: header",
    }
    if (text := kept.get(given.get("secret_file") or "")) is not None:
        (tmp_path / "secret").write_text(text)
        given = given | {"secret_file": tmp_path / "secret"}
    alerts = AlertsSettings.model_validate({"recipients": [given]})
    faults = alert_faults(alerts, RELAY)
    assert {fault.key for fault in faults} == {f"alerts.recipients[0].{key}" for key in keys}
    assert "secret@" not in str(faults)
    assert "hooks/secret" not in f"{alerts!r} {faults}"


def test_what_the_guide_shows_can_be_typed() -> None:
    """Its settings are taken as they stand; only the files with the secrets are not here."""
    guide = (Path(__file__).parents[4] / "docs" / "guides" / "alertes.md").read_text()
    text = next(part for part in guide.split("```") if part.strip().startswith("[alerts]"))
    alerts = AlertsSettings.model_validate(tomllib.loads(text)["alerts"])
    faults = alert_faults(alerts, RELAY)
    assert len(alerts.recipients) > len(faults)
    assert {fault.key.rpartition(".")[2] for fault in faults} == {"secret_file"}


def test_faults_of_alerts_as_a_whole() -> None:
    """A relay for who is told by mail, names that differ, hours that can be held."""
    alerts = AlertsSettings.model_validate(
        {"recipients": [ANNE, ANNE], "working_hours": "soon", "authorities": "/nowhere.pem"}
    )
    keys = [fault.key for fault in alert_faults(alerts, MailSettings())]
    assert sorted(keys) == [
        "alerts.authorities",
        "alerts.recipients[0].kind",
        "alerts.recipients[0].name",
        "alerts.recipients[1].kind",
        "alerts.recipients[1].name",
        "alerts.working_hours",
    ]
