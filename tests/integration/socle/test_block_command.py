"""`socle block`: run for real, against a real database."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import asyncpg
import pytest
from typer.testing import CliRunner

from socle.commands.block import block
from territory.database.blocks import BlockKind, new_block, record_block
from territory.database.connect import open_engine
from territory.keyring import Keyring
from tests.servers.radius import grant
from tests.servers.territory import SitePlan, lay

DEVICE = "8a:56:7e:f9:10:e4"
WHY = ("--reason", "flooding", "--author", "tech@meuse.example")


class Run(Protocol):
    """Runs a command of `socle block`."""

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """Return its exit status, output and errors."""
        ...


@pytest.fixture
def socle(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command of `socle block` and return its exit status, output and errors."""
    monkeypatch.setenv("SOCLE_DATABASE__URL", database_url)
    monkeypatch.setenv("SOCLE_STATE_FOLDER", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(block, arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.exit_code, result.stdout.strip(), result.stderr.strip()

    return run


def rows(url: str, query: str) -> list[Any]:
    """Return what the database holds, as its owner sees it."""

    async def ask() -> list[Any]:
        connection = await asyncpg.connect(url)
        try:
            return [tuple(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_a_device_is_blocked_listed_and_let_back(socle: Run, database_url: str) -> None:
    """Each use is an audit line that names no device; blocking asks for a disconnect."""
    status, block_id, _ = socle("add", "device", "8A-56-7E-F9-10-E4", "--for", "7d", *WHY)
    assert status == 0
    (row,) = json.loads(socle("list", "--json")[1])
    assert (row["id"], row["kind"], row["subject"]) == (block_id, "device", DEVICE)
    assert (row["reason"], row["author"]) == ("flooding", "tech@meuse.example")
    lasting = datetime.fromisoformat(row["until"]) - datetime.fromisoformat(row["created_at"])
    assert lasting == timedelta(days=7)
    command = "select kind, payload->>'device', requested_by from live.command"
    assert rows(database_url, command) == [("disconnect", DEVICE, "block")]
    assert DEVICE in socle("list")[1]
    assert socle("remove", block_id)[:2] == (0, f"{block_id} is lifted")
    assert socle("list", "--json")[1] == "[]"
    assert socle("remove", block_id)[0] == 1
    lines = rows(database_url, "select action, subject, detail::text from audit.entry order by 1")
    assert [line[0] for line in lines] == [
        "block.added",
        *["block.listed"] * 3,
        "block.removed",
    ]
    assert not any(DEVICE in subject + detail for _, subject, detail in lines)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("person", DEVICE, *WHY), "expected device, ticket, account, admission"),
        (("device", "nonsense", *WHY), "a device's MAC address"),
        (("device", "ff:ff:ff:ff:ff:ff", *WHY), "a device's own address"),
        (("ticket", DEVICE, *WHY), "an identifier (UUID)"),
        (("device", DEVICE, "--for", "soon", *WHY), "--for: expected"),
        (("device", DEVICE, "--reason", " ", "--author", "a@b.example"), "a reason"),
    ],
)
def test_a_wrong_use_says_what_was_expected(
    socle: Run, database_url: str, arguments: tuple[str, ...], words: str
) -> None:
    """Exit status 2, and nothing is written."""
    status, _, errors = socle("add", *arguments)
    assert status == 2
    assert words in errors
    assert rows(database_url, "select 1 from live.block union all select 1 from audit.entry") == []


async def test_a_ticket_s_block_ends_each_of_its_rights(
    database_url: str, keyring: Keyring
) -> None:
    """One disconnect for each admission of the ticket that lives, none for another's."""
    now, ticket = datetime(2026, 11, 20, 14, tzinfo=UTC), uuid4()
    here = SitePlan("mairie", "coovachilli", "10.1.0.1:3990", "http://portal.example/")
    sites = await lay(database_url, keyring, [here])
    mine = [
        await grant(database_url, keyring, sites["mairie"], now, guest_id=ticket) for _ in range(2)
    ]
    await grant(database_url, keyring, sites["mairie"], now)
    engine = open_engine(database_url)
    async with engine.begin() as db:
        await record_block(db, new_block(BlockKind.TICKET, ticket, "lost", "a@b.example", now))
    await engine.dispose()
    connection = await asyncpg.connect(database_url)
    found = await connection.fetch("select payload->>'admission_id' as id from live.command")
    await connection.close()
    assert {row["id"] for row in found} == {str(one.admission_id) for one in mine}
