"""Prometheus is told of every process, and the stack publishes what it is told of."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from deploy.stack.drawing import SOURCE
from deploy.stack.scraping import scrape_configuration
from territory.settings import Settings
from territory.settings.radius import RadiusSettings

STACK = Path(__file__).parents[4] / "deploy" / "stack"


def made(workers: int, host: str = "socle.example") -> str:
    """Return the configuration of a base with so many RADIUS processes."""
    return scrape_configuration(Settings(radius=RadiusSettings(workers=workers)), host)


def targets(text: str) -> dict[str, str]:
    """Return each target with its component, and its worker where it has one."""
    (job,) = yaml.safe_load(text)["scrape_configs"]
    return {
        entry["targets"][0]: " ".join(entry["labels"].values()) for entry in job["static_configs"]
    }


def test_each_worker_is_a_target() -> None:
    """A worker's measures are ten ports above those of the one before."""
    assert targets(made(3)) == {
        "socle.example:9401": "portal",
        "socle.example:9403": "supervision",
        "socle.example:9404": "retention",
        "socle.example:9405": "desk",
        "socle.example:9402": "radius 0",
        "socle.example:9412": "radius 1",
        "socle.example:9422": "radius 2",
    }


@pytest.mark.parametrize("host", ["127.0.0.1", "socle.example", "2001:db8::1"])
def test_prometheus_takes_it(tmp_path: Path, host: str) -> None:
    """Judged by promtool, with as many workers as there may be."""
    file = tmp_path / "prometheus.yml"
    file.write_text(made(16, host))
    promtool = shutil.which("promtool")
    assert promtool
    judged = subprocess.run(
        [promtool, "check", "config", file], check=False, capture_output=True, text=True
    )
    assert judged.returncode == 0, judged.stdout + judged.stderr


def test_the_stack_publishes_what_is_scraped() -> None:
    """With four workers, the most that compose.yaml is laid for; the image exposes them too."""
    compose = yaml.safe_load((STACK / "compose.yaml").read_text())["services"]["socle"]
    published = {
        port
        for entry in compose["ports"]
        for port in numbers(re.search(r":([\d-]+)/tcp", entry.split("}")[-1]))
    }
    dockerfile = (STACK.parents[1] / "Dockerfile").read_text()
    exposed = {int(port) for port in re.findall(r"(\d+)/tcp", dockerfile)}
    scraped = {int(target.rpartition(":")[2]) for target in targets(made(4))}
    assert scraped <= published
    assert scraped <= exposed


MADE = {"./prometheus.yml", "./alertmanager.yml", "./mail-password", "./grafana-password"}
"""What docs/guides/alertes.md has made beside the compose file; git leaves it alone."""


def test_the_stack_mounts_what_there_is() -> None:
    """Rules, messages, dashboards and their provisioning, where their configurations look."""
    services = yaml.safe_load((STACK / "compose.yaml").read_text())["services"]
    mounted = {}
    for name in ("prometheus", "alertmanager", "grafana"):
        assert services[name]["profiles"] == ["supervision"]
        for entry in (each for each in services[name]["volumes"] if each.startswith("./")):
            source, target, mode = entry.split(":")
            assert mode == "ro"
            assert source in MADE or (STACK / source).exists(), source
            mounted[source] = target
    provisioned = STACK / "grafana" / "provisioning" / "dashboards" / "socle.yml"
    (provider,) = yaml.safe_load(provisioned.read_text())["providers"]
    assert provider["options"]["path"] == mounted["./grafana/dashboards"]
    guide = (STACK.parents[1] / "docs" / "guides" / "alertes.md").read_text()
    assert f"--rules {mounted['./prometheus']}" in guide
    assert all(name.removeprefix("./") in guide for name in MADE)


def test_grafana_asks_where_the_dashboards_say() -> None:
    """The source that is provisioned has the name that every panel gives."""
    file = STACK / "grafana" / "provisioning" / "datasources" / "prometheus.yml"
    (source,) = yaml.safe_load(file.read_text())["datasources"]
    assert {"type": source["type"], "uid": source["uid"]} == SOURCE


def numbers(found: re.Match[str] | None) -> range:
    """Return the ports of `9401-9405`, or of `9412`; none of what is no TCP port."""
    first, _, last = found[1].partition("-") if found else ("1", "", "0")
    return range(int(first), int(last or first) + 1)
