"""`socle report`: run for real, against a real database; told, printed, written as a table."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner

from socle.cli import app
from territory.keyring import Keyring
from tests.servers.territory import SitePlan, lay

COUNT = """
    INSERT INTO live.daily_count
    SELECT '2025-10-12', id, 'arrived', '', 'fr', '', 40 FROM territory.site WHERE code = 'mairie'
"""


def test_a_month_is_told_and_written(
    database_url: str, tmp_path: Path, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the territory and of one organisation; what is no month or organisation ends it."""
    monkeypatch.setenv("SOCLE_DATABASE__URL", database_url)
    monkeypatch.setenv("SOCLE_STATE_FOLDER", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    plan = SitePlan("mairie", "coovachilli", "10.1.0.1:3990", "http://mairie.example/")
    asyncio.run(lay(database_url, keyring, [plan]))

    async def count() -> Any:
        connection = await asyncpg.connect(database_url)
        await connection.execute(COUNT)
        code = await connection.fetchval("SELECT code FROM territory.organisation LIMIT 1")
        await connection.close()
        return code

    code = asyncio.run(count())

    def run(*arguments: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(app, ["report", *arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.exit_code, result.stdout, result.stderr

    status, told, _ = run("2025-10")
    assert status == 0
    assert "Tout le territoire, octobre 2025" in told
    assert "Arrivées                  40" in told
    assert "Disponibilité             non calculé" in told
    status, _, _ = run("2025-10", "--organisation", code, "--pdf", "o.pdf", "--csv", "o.csv")
    assert status == 0
    assert (tmp_path / "o.pdf").read_bytes().startswith(b"%PDF-")
    assert '"Arrivées";"40"' in (tmp_path / "o.csv").read_text("utf-8-sig").replace(",", ";")
    for wrong in (["2025-13"], ["2999-01"], ["2025-10", "--organisation", "nowhere"]):
        status, _, said = run(*wrong)
        assert (status, said.count("\n")) == (2, 1), said
