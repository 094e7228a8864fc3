"""`socle device explain`: run for real, against a real database."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner

from socle.commands.device import device
from territory.keyring import Keyring
from tests.servers.territory import SitePlan, lay

PHONE = "8a:56:7e:f9:10:e4"
SITE = SitePlan("mairie", "coovachilli", "10.1.0.1:3990", "http://portal.example/", "127.0.0.1")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def socle(
    database_url: str, keyring: Keyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Run:
    """Run a command of `socle device` and return its exit status, output and errors."""
    monkeypatch.setenv("SOCLE_DATABASE__URL", database_url)
    monkeypatch.setenv("SOCLE_STATE_FOLDER", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    asyncio.run(write(database_url, keyring))

    def run(*arguments: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(device, ["explain", *arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.exit_code, result.stdout.strip(), result.stderr.strip()

    return run


async def write(url: str, keyring: Keyring) -> None:
    """Let the phone be refused an hour ago, by a gateway that also sends what is not signed."""
    sites = await lay(url, keyring, (SITE,))
    connection = await asyncpg.connect(url)
    at = datetime.now(UTC) - timedelta(hours=1)
    nas = await connection.fetchval("select id from territory.nas")
    await connection.execute("select live.ensure_days($1, 1)", at.date())
    await connection.execute(
        "insert into security.authentication values"
        " ($1, $2, $3, null, $4::text::macaddr, 'reject', 'other_device')",
        *(at, nas, sites["mairie"], PHONE),
    )
    await connection.execute(
        "insert into live.discard (day, source_address, reason, packets, first_at, last_at)"
        " values ($1, '127.0.0.1', 'unsigned', 7, $2, $2)",
        *(at.date(), at - timedelta(minutes=5)),
    )
    await connection.close()


async def searches(url: str) -> list[tuple[str, str]]:
    """Return who searched, and what the log says of what."""
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("select actor, subject from audit.entry order by number")
    await connection.close()
    return [tuple(row) for row in rows]


def test_it_says_why_and_what_to_do(socle: Run, database_url: str) -> None:
    """In any form of the address; each use is an audit line that does not name the device."""
    for form in ("8A-56-7E-F9-10-E4", "8a567ef910e4", "8a56.7ef9.10e4"):
        status, told, _ = socle(form)
        assert status == 0
        summary, *rest = told.splitlines()
        assert summary.startswith(f"{PHONE}: Not online: refused at Mairie (mairie).")
        assert "Its credential is another device's." in summary
        assert "  -> The phone may have changed its random address" in told
        unsigned, refused = [line for line in rest if " UTC  " in line]
        assert "7 packets of mairie-nas left without an answer" in unsigned
        assert "Refused at Mairie (mairie) by mairie-nas." in refused
    assert asyncio.run(searches(database_url)) == [("command line", "")] * 3


def test_for_scripts(socle: Run) -> None:
    """`--json`, and `--at` for how it was."""
    _, told, _ = socle(PHONE, "--json")
    story = json.loads(told)
    assert (story["device"], story["online"], story["verdict"]) == (PHONE, False, "refused")
    assert [set(line) for line in story["lines"]] == [{"at", "text", "advice"}] * 2
    earlier = json.loads(socle(PHONE, "--json", "--at", "2026-01-01T12:00")[1])
    assert (earlier["verdict"], earlier["lines"]) == ("unknown", [])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("8A-56",), "expected a device's MAC address"),
        (("ff:ff:ff:ff:ff:ff",), "expected a device's MAC address"),
        ((PHONE, "--at", "yesterday"), "--at: expected a time"),
        ((), "Missing argument"),
    ],
)
def test_a_wrong_question_is_status_2(socle: Run, arguments: tuple[str, ...], words: str) -> None:
    """In words, before anything is read."""
    status, _, errors = socle(*arguments)
    assert status == 2
    assert words in errors
