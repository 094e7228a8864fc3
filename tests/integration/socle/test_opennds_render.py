"""`socle site render` of an openNDS behind a tunnel: described, applied and rendered as typed."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from socle.cli import app

EXAMPLE = Path("docs/examples/territory.yaml").resolve()
SITE, GATEWAY = "mediatheque-bar-le-duc", "gw-mediatheque-bar-le-duc"
PORTAL = '[portal]\npublic_url = "{}"\n'


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """A base that ends tunnels, with the documented territory, its openNDS at level 3 in one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOCLE_DATABASE__URL", database_url)
    monkeypatch.setenv("SOCLE_STATE_FOLDER", str(tmp_path / "state"))
    runner = CliRunner()
    hub = runner.invoke(app, ["link", "prepare", "vpn.meuse.example:51820"])
    assert hub.exit_code == 0, hub.exception
    settings = hub.stdout + PORTAL.format("https://wifi.meuse.example")
    (tmp_path / "socle.toml").write_text(settings)
    before, found, rest = EXAMPLE.read_text().partition(f"  - code: {SITE}\n")
    assert found
    rest = rest.replace("link: private_network", "link: tunnel", 1)
    rest = rest.replace("variant: fas1", "variant: fas3", 1)
    (tmp_path / "territory.yaml").write_text(before + found + rest)
    applied = runner.invoke(app, ["apply", "territory.yaml", "--yes"])
    assert applied.exit_code == 0, applied.exception
    return runner


def test_a_level_that_polls_and_its_tunnel(run: CliRunner, tmp_path: Path) -> None:
    """The site has no NAS: its router gets the inside address and the keys that the base made."""
    done = run.invoke(app, ["site", "render", SITE, "--output", "bundles"])
    assert done.exit_code == 0, done.exception
    bundle = tmp_path / "bundles" / GATEWAY
    uci = (bundle / "files/etc/config/opennds").read_text()
    assert "option fas_secure_enabled '3'" in uci
    assert f"option faspath '/gateway/opennds/{GATEWAY}'" in uci
    settings = bundle / "settings.uci"
    assert "set network.socle_tunnel.private_key=" in settings.read_text()
    assert "add_list network.socle_tunnel.addresses='10.55." in settings.read_text()
    assert settings.stat().st_mode & 0o777 == 0o600


def test_a_portal_in_clear_is_refused(run: CliRunner, tmp_path: Path) -> None:
    """Level 3 speaks https alone: nothing is written, and the fault says what is expected."""
    told = (tmp_path / "socle.toml").read_text()
    (tmp_path / "socle.toml").write_text(told.replace("https://wifi", "http://wifi"))
    refused = run.invoke(app, ["site", "render", SITE, "--output", "bundles"])
    assert "expected a portal in https at fas3" in str(refused.exception)
    assert not (tmp_path / "bundles").exists()
