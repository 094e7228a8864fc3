"""`socle radsec` and `socle site certificate|revoke`: from nothing to a site that is let in."""

import asyncio
import json
import ssl
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner

from radius.radsec_papers import Papers, read_peer
from socle.cli import app
from socle.commands.radsec_findings import of_radsec
from territory.settings import Settings, load_settings
from territory.settings.radius import RadiusSettings, RadsecSettings

EXAMPLE = Path("docs/examples/territory.yaml").resolve()
BASE_NAME = "radius.wifi.meuse.example"


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """A base with the documented territory, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOCLE_DATABASE__URL", database_url)
    monkeypatch.setenv("SOCLE_STATE_FOLDER", str(tmp_path / "state"))
    runner = CliRunner()
    assert runner.invoke(app, ["apply", str(EXAMPLE), "--yes"]).exit_code == 0
    return runner


def test_a_site_from_nothing_to_revoked(run: CliRunner, tmp_path: Path) -> None:
    """Authority, the base's certificate, a site's; the server reads all; then a revocation."""
    nothing = run.invoke(app, ["site", "certificate", "bus-numerique", "--output", "b"])
    assert "socle radsec prepare" in str(nothing.exception)
    prepared = run.invoke(app, ["radsec", "prepare", BASE_NAME])
    assert prepared.exit_code == 0, prepared.exception
    (tmp_path / "socle.toml").write_text(prepared.stdout)
    radsec = load_settings().radius.radsec
    papers = Papers(radsec)
    assert radsec.reached_at == BASE_NAME
    output = ["--output", str(tmp_path / "bundles")]
    assert run.invoke(app, ["site", "render", "bus-numerique", *output]).exit_code == 0
    assert run.invoke(app, ["site", "certificate", "bus-numerique", *output]).exit_code == 0
    files = tmp_path / "bundles/gw-bus-numerique/files/etc/socle-radsec"
    assert sorted(file.name for file in files.iterdir()) == [
        "authority.pem",
        "radsecproxy.conf",
        "site.key",
        "site.pem",
    ]
    assert (files / "site.key").stat().st_mode & 0o777 == 0o600
    peer = read_peer(ssl.PEM_cert_to_DER_cert((files / "site.pem").read_text()))
    assert peer.names == ("nas-bus-numerique.wifi.meuse.example",)
    assert run.invoke(app, ["site", "revoke", "bus-numerique"]).exit_code == 0
    assert papers.refresh()
    assert peer.serial in papers.identity.revoked
    listed = json.loads(run.invoke(app, ["radsec", "list", "--json"]).stdout)
    assert [(entry["nas"], bool(entry["revoked_at"])) for entry in listed] == [
        (None, False),
        ("nas-bus-numerique", True),
    ]
    assert b"PRIVATE KEY" not in (tmp_path / "state/radsec/authority.key.sealed").read_bytes()


def test_a_site_by_another_link_gets_none(run: CliRunner) -> None:
    """Its NAS is known by an address; nothing is issued."""
    assert run.invoke(app, ["radsec", "prepare", BASE_NAME]).exit_code == 0
    refused = run.invoke(app, ["site", "certificate", "salle-commercy", "--output", "b"])
    assert "tls_name" in str(refused.exception)
    assert run.invoke(app, ["radsec", "prepare", "not a name"]).exception


def test_every_act_is_an_audit_line(run: CliRunner, tmp_path: Path, database_url: str) -> None:
    """Who issued or revoked what is told for ever; no key in it."""
    run.invoke(app, ["radsec", "prepare", BASE_NAME])
    run.invoke(app, ["site", "certificate", "bus-numerique", "--output", str(tmp_path / "b")])
    run.invoke(app, ["site", "revoke", "bus-numerique"])

    async def entries() -> list[tuple[str, str]]:
        connection = await asyncpg.connect(database_url)
        try:
            rows = await connection.fetch("select action, subject from audit.entry order by number")
        finally:
            await connection.close()
        return [(row["action"], row["subject"]) for row in rows]

    assert asyncio.run(entries())[1:] == [
        ("certificate.issued", "base"),
        ("certificate.issued", "nas-bus-numerique"),
        ("certificate.revoked", "nas-bus-numerique"),
    ]


def test_the_doctor_tells_a_month_before(run: CliRunner, tmp_path: Path) -> None:
    """Well today; then the site's, the base's; then expired, and a list that shuts all out."""
    run.invoke(app, ["radsec", "prepare", BASE_NAME])
    run.invoke(app, ["site", "certificate", "bus-numerique", "--output", str(tmp_path / "b")])
    folder = tmp_path / "state/radsec"
    radsec = RadsecSettings(
        certificate=folder / "base.pem",
        key=folder / "base.key",
        authorities=folder / "authority.pem",
        revocation_lists=folder / "revoked.crl",
    )
    settings = Settings(state_folder=tmp_path / "state", radius=RadiusSettings(radsec=radsec))

    (first, *_) = json.loads((folder / "issued.json").read_text())
    issued = datetime.fromisoformat(first["issued_at"])

    def marks(days: int) -> dict[str, str]:
        found = of_radsec(settings, issued + timedelta(days=days))
        return {finding.about.removeprefix("radius.radsec."): finding.mark for finding in found}

    assert marks(1) == {"certificate": "ok", "revocation_lists": "ok"}
    assert marks(380) == {"certificate": "ok", "revocation_lists": "warn"}
    assert marks(720) == {"revocation_lists": "FAULT", "sites": "warn"}
    assert marks(731)["certificate"] == "FAULT"
    (folder / "base.key").write_text("nothing")
    assert marks(1)["key"] == "FAULT"
