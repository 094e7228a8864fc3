"""`socle ticket`: run for real, against a real database."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner

from socle.commands.ticket import ticket
from territory.keyring import Keyring
from tests.servers.territory import SitePlan, lay

CODE = re.compile(r"\d{4} \d{4} \d{4}")


def ask(url: str, query: str) -> list[Any]:
    """Return what the database holds, as its owner sees it."""

    async def inside() -> list[Any]:
        connection = await asyncpg.connect(url)
        try:
            return [tuple(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()

    return asyncio.run(inside())


@pytest.fixture
def socle(
    database_url: str, tmp_path: Path, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """A base with two town halls, of which one takes tickets; runs a command of it."""
    monkeypatch.setenv("SOCLE_DATABASE__URL", database_url)
    monkeypatch.setenv("SOCLE_STATE_FOLDER", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    sites = [
        SitePlan(code, "coovachilli", f"10.{number}.0.1:3990", f"http://{code}.example/")
        for number, code in enumerate(("mairie", "annexe"), start=1)
    ]
    asyncio.run(lay(database_url, keyring, sites))
    ask(database_url, "UPDATE territory.site SET methods = '{ticket}' WHERE code = 'mairie'")

    def run(*arguments: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(ticket, arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.exit_code, result.stdout.strip(), result.stderr.strip()

    return run


def test_made_listed_printed_and_revoked(socle: Any, database_url: str, tmp_path: Path) -> None:
    """Codes once, on the terminal and on paper; then states; each act an audit line."""
    code, said, _ = socle("make", "mairie", "--tickets", "3", "--for", "4h", "--pdf", "t.pdf")
    sheet, *codes = said.splitlines()
    assert (code, len(codes)) == (0, 3)
    assert all(CODE.fullmatch(one) for one in codes)
    assert (tmp_path / "t.pdf").read_bytes().startswith(b"%PDF-")
    assert socle("revoke", sheet, "--number", "2", "--reason", "lost")[:2] == (0, "1 revoked")
    _, said, _ = socle("list", sheet, "--json")
    assert [one["state"] for one in json.loads(said)] == ["unused", "revoked", "unused"]
    _, said, _ = socle("list")
    assert said.startswith(sheet)
    assert not CODE.search(said)
    lines = ask(database_url, "SELECT action, actor FROM audit.entry ORDER BY number")
    assert lines == [("tickets.made", "command line"), ("tickets.revoked", "command line")]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("make", "annexe"), 2, "takes tickets"),
        (("make", "nowhere"), 2, "takes tickets"),
        (("make", "mairie", "--tickets", "501"), 2, "1 to 500 tickets"),
        (("make", "mairie", "--for", "5 min"), 2, "2h, 4h"),
        (("make", "mairie", "--for", "long"), 2, "a duration"),
        (("make", "mairie", "--until", "2020-01-01"), 2, "days to come"),
        (("make", "mairie", "--end", "2020-01-01"), 2, "days to come"),
        (("make", "mairie", "--from", "9999-12-31"), 2, "days to come"),
        (("list", "x"), 2, "an identifier"),
        (("revoke", "x", "--reason", "lost"), 2, "an identifier"),
        (("revoke", "7e0f5ad2-6d3f-4a38-9d5b-0f4f4dbb9a11", "--reason", "x"), 1, "no such ticket"),
    ],
)
def test_a_wrong_use_says_what_is_expected(
    socle: Any, arguments: tuple[str, ...], status: int, words: str
) -> None:
    """On the error stream, with the exit status of its kind."""
    code, _, errors = socle(*arguments)
    assert code == status
    assert words in errors
