"""The shell scripts, as shellcheck and a fresh machine see them; the image and compose files."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from territory.settings import load_settings

ROOT = Path(__file__).parents[3]
STACK = ROOT / "deploy/stack"


def test_shellcheck_finds_nothing() -> None:
    """Every script of the ground, and the one of continuous integration."""
    scripts = [str(script) for script in (*STACK.glob("*.sh"), ROOT / ".ci/run")]
    done = subprocess.run(["shellcheck", *scripts], capture_output=True, text=True, check=False)
    assert done.stdout == ""


def test_nothing_is_done_when_all_is_there() -> None:
    """After a set-up, asking again is silent."""
    command = [str(STACK / "system-packages.sh"), "run", "test"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def linked(tools: Path, *names: str) -> Path:
    """Return a folder of these commands alone: neither apt-get nor sudo."""
    tools.mkdir()
    for name in names:
        found = shutil.which(name)
        assert found is not None
        (tools / name).symlink_to(found)
    return tools


def test_what_is_missing_is_named_in_one_message(tmp_path: Path) -> None:
    """Where nothing may be installed: every missing package of the group, and what to type."""
    shutil.copy(STACK / "system-packages.sh", tmp_path)
    (tmp_path / "debian-packages.txt").write_text(
        "run   python3      python3\n"
        "test  one|other    no-such-command\n"
        "test  two          /no/such/*/file\n"
        "test  three        python:no_such_module\n"
        "test  here         /bin/*sh\n"
        "bench four         no-such-command\n"
    )
    tools = linked(tmp_path / "bin", "bash", "dirname", "env", "grep", "python3")
    done = subprocess.run(
        [tmp_path / "system-packages.sh", "run", "test"],
        env=os.environ | {"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert "These system packages are missing: one two three\n" in done.stderr
    assert done.stderr.endswith("apt-get install --no-install-recommends one two three\n")


def test_later_packages_are_unpacked_once(tmp_path: Path) -> None:
    """Where their signs are, nothing is done; where they are not, apt's mirror of Debian is asked,
    and without one the message says what to do."""
    shutil.copy(STACK / "later-packages.sh", tmp_path)
    (tmp_path / "debian-packages.txt").write_text(
        "test   other   usr/bin/other\nlater  first   usr/bin/first\nlater  libc    lib/*/libc.so\n"
    )
    tools = linked(tmp_path / "bin", "bash", "dirname", "sed", "realpath", "mkdir", "awk")
    folder = tmp_path / "unpacked"

    def run() -> "subprocess.CompletedProcess[str]":
        command = [tmp_path / "later-packages.sh", folder]
        alone = os.environ | {"PATH": str(tools)}
        return subprocess.run(command, env=alone, capture_output=True, text=True, check=False)

    without_apt = run()
    assert (without_apt.returncode, without_apt.stdout) == (1, "")
    assert "there is no apt-get. Install it, or run this on Debian." in without_apt.stderr
    for sign in ("usr/bin/first", "lib/any-linux-gnu/libc.so"):
        (folder / sign).parent.mkdir(parents=True)
        (folder / sign).touch()
    done = run()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_front_end_comes_from_the_lock_or_is_done_without(tmp_path: Path) -> None:
    """Out of node_modules made of that very lock, with licences; of another and without npm: one
    sentence, and an installation that goes on."""
    tools = ("bash", "dirname", "realpath", "sha256sum", "mktemp", "rm", "mkdir", "cp", "mv")
    alone = os.environ | {"PATH": str(linked(tmp_path / "bin", *tools, "basename"))}
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    shutil.copy(ROOT / "package-lock.json", checkout)
    (checkout / "node_modules").symlink_to(ROOT / "node_modules")

    def run() -> "subprocess.CompletedProcess[str]":
        command = [STACK / "front-end.sh", checkout]
        return subprocess.run(command, env=alone, capture_output=True, text=True, check=False)

    done, put = run(), checkout / "portal/console/libraries"
    assert (done.returncode, done.stderr) == (0, "")
    assert {file.name for file in put.iterdir()} >= {
        "leaflet.js",
        "LICENSE.leaflet",
        "uPlot.min.css",
    }
    shutil.rmtree(put)
    (checkout / "package-lock.json").write_text("{}")
    done = run()
    assert (done.returncode, put.exists()) == (0, False)
    assert "npm is missing: the console's live page will have no map" in done.stderr


def test_image_only_calls_the_install_script() -> None:
    """No recipe of its own: one stage fetches what browsers run, one installs, the last copies the
    folder, and runs as nobody."""
    lines = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    steps = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    runs = [rest.split()[0] for word, rest in steps if word == "RUN"]
    scripts = [f"/checkout/deploy/stack/{name}.sh" for name in ("front-end", "install")]
    assert runs == [*scripts, "useradd"]
    assert [rest for word, rest in steps if word == "USER"] == ["socle"]
    assert [word for word, _ in steps].count("FROM") == 3
    health = next(rest for word, rest in steps if word == "HEALTHCHECK")
    assert "deploy.stack.healthcheck" in health


def test_compose_runs_the_image_closed() -> None:
    """Read-only root, no capability, no new privilege, and the database out of reach."""
    stack = yaml.safe_load((STACK / "compose.yaml").read_text())
    socle, database = stack["services"]["socle"], stack["services"]["database"]
    assert socle["read_only"] is True
    assert socle["cap_drop"] == ["ALL"]
    assert socle["security_opt"] == ["no-new-privileges:true"]
    assert "ports" not in database
    assert stack["networks"]["inside"] == {"internal": True}
    assert (STACK / socle["build"]["context"] / "Dockerfile").resolve() == ROOT / "Dockerfile"


def test_compose_lets_out_what_it_runs() -> None:
    """Desk and metrics listen where a published port can reach them, on this machine unless told;
    without a word on TLS, or on whom the desk answers, nothing starts.
    """
    socle = yaml.safe_load((STACK / "compose.yaml").read_text())["services"]["socle"]
    environment, ports = socle["environment"], socle["ports"]
    assert environment["SOCLE_DESK__HOST"] == environment["SOCLE_METRICS__HOST"] == "0.0.0.0"
    assert "${DESK_ADDRESS:-127.0.0.1}:8444:8444/tcp" in ports
    assert "${METRICS_ADDRESS:-127.0.0.1}:9401-9405:9401-9405/tcp" in ports
    assert environment["SOCLE_PORTAL__TRUSTED_PROXIES"].startswith("${TRUSTED_PROXIES:?")
    assert environment["SOCLE_DESK__ALLOWED_NETWORKS"].startswith("${DESK_NETWORKS:?")


@pytest.mark.parametrize("name", ["docs/examples/socle.toml", "deploy/stack/socle.toml"])
def test_the_service_may_write_where_its_settings_say(name: str) -> None:
    """Under ProtectSystem=strict only the unit's StateDirectory can be written."""
    settings = load_settings(ROOT / name)
    unit = (STACK / "socle.service").read_text()
    assert re.search(r"^ProtectSystem=strict\nProtectHome=yes$", unit, re.MULTILINE)
    assert re.search(r"^StateDirectory=socle$", unit, re.MULTILINE)
    for path in (
        settings.state_folder,
        settings.key_file,
        settings.archive_folder,
        settings.key_register_folder,
    ):
        assert path.is_relative_to("/var/lib/socle"), path


def test_a_wrong_configuration_is_not_started_again() -> None:
    """Exit status 2 is every command's word for it."""
    assert "\nRestartPreventExitStatus=2\n" in (STACK / "socle.service").read_text()
