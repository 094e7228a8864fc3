"""Prometheus and Alertmanager at a demonstration's pace: what is written is theirs to read."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from deploy.stack.alerting import RULES, OnCall, alertmanager_configuration
from deploy.stack.scraping import scrape_configuration
from socle.demo.monitoring import write_at_once, write_hastened
from territory.settings import Settings
from territory.settings.messages import MailSettings


def judged(*command: str) -> None:
    """Have a tool of theirs find nothing wrong."""
    tool = shutil.which(command[0])
    assert tool
    done = subprocess.run([tool, *command[1:]], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_demonstration_is_faster_and_tells_in_the_same_order(tmp_path: Path) -> None:
    """Every wait is shorter by as much; nothing else changes, and Prometheus takes it all."""
    file = write_hastened(tmp_path, scrape_configuration(Settings(), "127.0.0.1"), 12)
    judged("promtool", "check", "config", str(file))
    whole = yaml.safe_load(file.read_text())
    assert whole["global"]["scrape_interval"] == "1s"
    waits: dict[str, Any] = {}
    ours: dict[str, Any] = {}
    for found, folder in ((waits, tmp_path), (ours, RULES)):
        for group in yaml.safe_load((folder / "alerts.yml").read_text())["groups"]:
            found |= {rule["alert"]: rule for rule in group["rules"]}
    assert waits["TerritoryDown"]["for"] == "5s"
    assert waits["EquipmentDown"]["for"] == "25s"
    assert {name: rule["expr"] for name, rule in waits.items()} == {
        name: rule["expr"] for name, rule in ours.items()
    }


def test_it_is_told_at_any_hour(tmp_path: Path) -> None:
    """No route waits for office hours, nor for more than seconds."""
    written = alertmanager_configuration(MailSettings(), OnCall(webhook="http://127.0.0.1:1/"))
    file = write_at_once(tmp_path, written)
    judged("amtool", "check-config", str(file))
    route = yaml.safe_load(file.read_text())["route"]
    assert route["group_wait"] == "1s"
    assert not any("active_time_intervals" in each for each in route["routes"])
