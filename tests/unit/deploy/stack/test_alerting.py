"""Alertmanager is told whom to tell, and its own tool takes it; the rules fire on what they say."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.stack.alerting import RULES, OnCall, alertmanager_configuration, hours_of
from territory.errors import ConfigurationError
from territory.settings.messages import MailSettings

ROOT = Path(__file__).parents[4]
RELAY = {"server": "relais.meuse.example", "sender": "wifi@meuse.example"}


def made(told: OnCall, **mail: Any) -> dict[str, Any]:
    """Return the configuration, read again."""
    text = alertmanager_configuration(MailSettings.model_validate({**RELAY, **mail}), told)
    read: dict[str, Any] = yaml.safe_load(text)
    return read


def judged(*command: str) -> str:
    """Return what a tool says that finds nothing wrong."""
    tool = shutil.which(command[0])
    assert tool
    done = subprocess.run([tool, *command[1:]], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "mail",
    [{}, {"security": "none", "port": 25}, {"user": "wifi", "password": "a secret"}],
)
def test_alertmanager_takes_it(tmp_path: Path, mail: dict[str, Any]) -> None:
    """Judged by amtool, templates included; the relay's password is not in it."""
    told = OnCall("a@meuse.example, b@meuse.example", "http://matrix.meuse.example/hook")
    text = alertmanager_configuration(MailSettings.model_validate({**RELAY, **mail}), told)
    (tmp_path / "alertmanager.yml").write_text(text)
    assert "1 templates" in judged("amtool", "check-config", str(tmp_path / "alertmanager.yml"))
    assert "a secret" not in text


def test_who_is_told_and_when() -> None:
    """A site's outage in the hours on call, the base's at any hour, the rest in working hours."""
    routes = made(OnCall("a@meuse.example", hours=("06:30", "23:00")))["route"]["routes"]
    assert [route.get("active_time_intervals") for route in routes] == [
        ["astreinte"],
        None,
        ["heures-ouvrees"],
    ]
    intervals = made(OnCall("a@meuse.example", hours=("06:30", "23:00")))["time_intervals"]
    (on_call, working) = (each["time_intervals"][0] for each in intervals)
    assert on_call["times"] == [{"start_time": "06:30", "end_time": "23:00"}]
    assert working["weekdays"] == ["monday:friday"]


def test_without_a_relay_nobody_could_be_told() -> None:
    """It is refused, with the setting that is missing."""
    with pytest.raises(ConfigurationError, match=r"mail\.server"):
        alertmanager_configuration(MailSettings(), OnCall("a@meuse.example"))


def test_a_webhook_alone_needs_no_relay(tmp_path: Path) -> None:
    """Where the base writes its own letters, Alertmanager may post to a webhook only."""
    text = alertmanager_configuration(MailSettings(), OnCall(webhook="http://127.0.0.1:1/"))
    (tmp_path / "alertmanager.yml").write_text(text)
    assert "1 receivers" in judged("amtool", "check-config", str(tmp_path / "alertmanager.yml"))
    assert "email" not in text


def test_somebody_is_told() -> None:
    """Neither mail nor webhook is refused."""
    with pytest.raises(ConfigurationError, match="--webhook"):
        alertmanager_configuration(MailSettings(), OnCall())


@pytest.mark.parametrize("text", ["7-22", "25:00-26:00", "07:00", "07:00-22:00 "])
def test_hours_are_written_one_way(text: str) -> None:
    """Anything else is refused."""
    with pytest.raises(ConfigurationError, match="--hours"):
        hours_of(text)
    assert hours_of("07:00-24:00") == ("07:00", "24:00")


def test_rules_are_rules() -> None:
    """Judged by promtool."""
    judged("promtool", "check", "rules", str(RULES / "recordings.yml"), str(RULES / "alerts.yml"))


def test_rules_fire_on_what_they_say() -> None:
    """Measures go in, alerts come out: promtool's own unit tests."""
    judged("promtool", "test", "rules", str(ROOT / "tests/data/prometheus/alerts.yml"))


def test_each_alert_says_what_to_do() -> None:
    """In French: what is seen, the likely cause, the first thing to try; and how urgent it is."""
    groups = yaml.safe_load((RULES / "alerts.yml").read_text())["groups"]
    for rule in (rule for group in groups for rule in group["rules"]):
        words = rule["annotations"]
        assert words["summary"], rule["alert"]
        assert "Cause probable :" in words["description"] or rule["alert"] == "SupervisionHindered"
        assert "À essayer d’abord :" in " ".join(words["description"].split()), rule["alert"]
        assert rule["labels"]["severity"] in {"critical", "warning"}
