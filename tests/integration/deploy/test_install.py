"""install.sh run for real in a clean folder, from exactly what the image's build is given."""

import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PACKAGES = (
    "socle",
    "portal",
    "radius",
    "supervision",
    "retention",
    "simulation",
    "deploy",
    "territory",
)
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("PYTHON", "VIRTUAL_ENV"))
} | {"PIP_NO_COMPILE": "1"}
"""pip compiles nothing: half of its time, and no part of what is tried here."""
IMPORT_ALL = """
import importlib, pkgutil, sys
for package in map(importlib.import_module, sys.argv[1:]):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if ".migrations." not in module.name:
            importlib.import_module(module.name)
"""
"""A migration is run by its tool, never imported."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
]


def run(*command: str | Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command outside this environment, and return what it said."""
    environment = ENVIRONMENT | variables
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=590, check=False
    )


@pytest.fixture(scope="session")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What .dockerignore lets into the image's build, and nothing else."""
    place = tmp_path_factory.mktemp("context")
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    for name in (line[1:] for line in lines if line.startswith("!")):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, place / name)
    return place


@pytest.fixture(scope="session")
def folder(context: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder where Socle was installed from that context."""
    place = tmp_path_factory.mktemp("opt") / "socle"
    done = run(context / "deploy/stack/install.sh", place, cwd=place.parent)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"at {place}/bin/socle" in done.stdout
    return place


def test_installed_command_runs(folder: Path, tmp_path: Path) -> None:
    """The command says what it is and what it can do, and every module finds what it imports, with
    nothing of the checkout around."""
    version = run(folder / "bin/socle", "--version", cwd=tmp_path)
    assert version.returncode == 0, version.stderr
    assert "0.1.0" in version.stdout
    usage = run(folder / "bin/socle", "--help", cwd=tmp_path, COLUMNS="200")
    assert usage.returncode == 0, usage.stderr
    commands = re.findall(r"^│ ([a-z]+) ", usage.stdout, re.MULTILINE)
    assert {"serve", "demo", "apply"} <= set(commands)
    imported = run(folder / "current/bin/python", "-I", "-c", IMPORT_ALL, *PACKAGES, cwd=tmp_path)
    assert imported.returncode == 0, imported.stderr


def test_every_file_of_the_packages_is_installed(folder: Path, context: Path) -> None:
    """Templates, catalogues, dictionaries, migrations, data and the lock came along; and what npm
    fetched for the live page, with its licences."""
    site = next((folder / "current").glob("lib/python3*/site-packages"))
    for name in ("leaflet.js", "uPlot.iife.min.js", "LICENSE.leaflet", "LICENSE.uplot"):
        assert (site / "portal/console/libraries" / name).is_file()
    files = [
        path.relative_to(context)
        for package in PACKAGES
        for path in (context / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]
    assert [str(file) for file in files if not (site / file).is_file()] == []


def test_release_that_does_not_start_changes_nothing(folder: Path, tmp_path: Path) -> None:
    """An update is tried before it is put in use: a wheel without a command leaves no trace."""
    wheel = tmp_path / "socle-9.9.9-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("deploy/stack/requirements.txt", "")
        archive.writestr("socle-9.9.9.dist-info/METADATA", "Name: socle\nVersion: 9.9.9\n")
        archive.writestr("socle-9.9.9.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("socle-9.9.9.dist-info/RECORD", "")
    before = (folder / "current").resolve()
    script = ROOT / "deploy/stack/install.sh"
    done = run(script, "--wheel", wheel, folder, cwd=tmp_path)
    assert done.returncode == 1
    assert "does not start" in done.stderr
    assert (folder / "current").resolve() == before
    assert [path.resolve() for path in (folder / "releases").iterdir()] == [before]
    assert run(folder / "bin/socle", "--version", cwd=tmp_path).returncode == 0


def test_installer_says_what_is_wrong(tmp_path: Path) -> None:
    """A bad option, a wheel that is not there, a Python that is not: status 2, and one line."""
    script = ROOT / "deploy/stack/install.sh"
    for arguments, variables, words in (
        (["--whel"], {}, "unknown option --whel"),
        (["--wheel", "nowhere.whl"], {}, "--wheel expects a file"),
        ([str(tmp_path / "x")], {"SOCLE_PYTHON": "/bin/false"}, "Python 3.11 or later is needed"),
    ):
        done = run(script, *arguments, cwd=tmp_path, **variables)
        assert done.returncode == 2
        assert words in done.stderr
    assert not (tmp_path / "x").exists()


@pytest.mark.namespace
def test_service_of_an_installed_folder(folder: Path, tmp_path: Path) -> None:
    """The account, the settings file (kept) and a unit that systemd accepts and calls well closed.

    It runs with an /etc of its own: this machine gets neither account nor unit.
    """
    script = tmp_path / "inside.sh"
    script.write_text(
        f"""set -e
cp -a /etc {tmp_path}/etc
mount --bind {tmp_path}/etc /etc
install={ROOT}/deploy/stack/install-service.sh
$install {folder}
echo '# ours' >> /etc/socle/socle.toml
$install {folder}
getent passwd socle
stat -c 'settings %a %G' /etc/socle/socle.toml
grep -c '# ours' /etc/socle/socle.toml
systemd-analyze verify /etc/systemd/system/socle.service 2>&1 | grep socle.service || echo verified
systemd-analyze security --offline=true --no-pager /etc/systemd/system/socle.service | tail -1
"""
    )
    done = run("unshare", "--mount", "bash", script, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "socle:x:" in done.stdout
    assert "settings 640 socle\n1\nverified\n" in done.stdout
    exposure = re.search(r"exposure level for socle.service: ([0-9.]+)", done.stdout)
    assert exposure is not None
    assert float(exposure[1]) < 3
    unit = (tmp_path / "etc/systemd/system/socle.service").read_text()
    assert f"ExecStart={folder}/bin/socle serve\n" in unit
    assert "/opt/socle" not in unit
    assert not Path("/etc/systemd/system/socle.service").exists()
