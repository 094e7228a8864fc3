"""`socle papers` and what `socle doctor` says of them, against a real database."""

import asyncio
import json
from datetime import date
from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner

from socle.cli import app
from socle.commands.paper_findings import of_authorities, of_papers
from territory.database.connect import open_engine
from territory.keyring import Keyring
from territory.settings import Settings
from tests.servers.papers import check_paper
from tests.servers.territory import SitePlan, lay

DECISION = """
    INSERT INTO territory.injunction (id, state, first_day, until_day, ground, source,
        decided_by, decided_on, recorded_by, recorded_at)
    VALUES (gen_random_uuid(), 'in force', '2026-10-21', '2027-10-21', '2026-1', 'JORF', 'DPO',
        '2026-10-21', 'dpo', now())
"""


def test_papers_are_listed_and_written_and_what_misses_is_told(
    database_url: str, tmp_path: Path, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By kind, in both forms; what is no kind or organisation ends it; recorded decisions count."""
    monkeypatch.setenv("SOCLE_DATABASE__URL", database_url)
    monkeypatch.setenv("SOCLE_STATE_FOLDER", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    plan = SitePlan("mairie", "coovachilli", "10.1.0.1:3990", "http://mairie.example/")
    asyncio.run(lay(database_url, keyring, [plan]))

    def run(*arguments: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(app, ["papers", *arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.exit_code, result.stdout, result.stderr

    status, told, _ = run("--out", "papiers", "--json")
    words = ("Registre", "Analyse", "réquisition", "Vos données")
    assert status == 0
    for paper, word in zip(json.loads(told), words, strict=True):
        file = tmp_path / "papiers" / paper["file"]
        assert word in check_paper(file.with_suffix(".pdf").read_bytes()).text
        assert word in file.with_suffix(".html").read_text()
    status, told, _ = run()
    assert (status, told.count("\n")) == (0, 4)
    for wrong in (["diary"], ["--organisation", "nowhere"]):
        status, _, said = run(*wrong)
        assert (status, said.count("\n")) == (2, 1), said

    async def misses() -> list[str]:
        engine = open_engine(database_url)
        async with engine.connect() as db:
            found = await of_papers(db, Settings(), date(2026, 11, 20))
        await engine.dispose()
        return [finding.about for finding in found]

    async def decide() -> None:
        connection = await asyncpg.connect(database_url)
        await connection.execute(DECISION)
        await connection.close()

    left = ["custodians", "organisations.dpo", "organisations.contract"]
    assert asyncio.run(misses()) == [*left, "law.injunction"]
    asyncio.run(decide())
    assert asyncio.run(misses()) == left
    assert of_authorities(Settings()).mark == "warn"
