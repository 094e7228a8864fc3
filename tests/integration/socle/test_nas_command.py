"""`socle nas`: secrets read, rotated and never lost; whether a NAS signs, learnt anew; audited."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import asyncpg
import pytest
from typer.testing import CliRunner

from socle.commands.doctor import examine
from socle.commands.nas import nas
from territory.errors import ConfigurationError
from territory.keyring import Keyring
from territory.rules.mac_form import given_password
from territory.settings import load_settings
from tests.servers.territory import SHARED_SECRET, SitePlan, lay

CODE = "mairie-nas"
SITE = SitePlan("mairie", "coovachilli", "10.1.0.1:3990", "http://portal.example/", "127.0.0.1")


class Run(Protocol):
    """Runs a command of `socle nas`."""

    def __call__(self, *arguments: str) -> str:
        """Return its output."""
        ...


@pytest.fixture
def socle(
    database_url: str, keyring: Keyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Run:
    """A described site, and a command on it; a refusal is raised as the command line gets it."""
    monkeypatch.setenv("SOCLE_DATABASE__URL", database_url)
    monkeypatch.setenv("SOCLE_STATE_FOLDER", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    own = Keyring.of(load_settings(), create=True)
    asyncio.run(lay(database_url, own, [SITE]))

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(nas, arguments, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout.strip()

    return run


def ask(url: str, query: str) -> list[Any]:
    """Do something in the database as its owner; return the rows."""

    async def work() -> list[Any]:
        connection = await asyncpg.connect(url)
        try:
            return [tuple(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()

    return asyncio.run(work())


def test_a_rotation_from_its_beginning_to_its_end(socle: Run, database_url: str) -> None:
    """Two secrets, then the next alone; the old one goes only when it is no longer used."""
    assert socle("secret", CODE) == f"present: {SHARED_SECRET}"
    assert "two secrets are valid" in socle("rotate", CODE)
    with pytest.raises(ConfigurationError, match="no rotation under way"):
        socle("rotate", CODE)
    both = json.loads(socle("secret", CODE, "--json"))
    assert both["present"] == SHARED_SECRET
    assert len(both["coming"]) >= 24
    assert "still uses the old one" in socle("list")
    with pytest.raises(ConfigurationError, match="under the next secret"):
        socle("rotate", CODE, "--finish")
    ask(
        database_url,
        "insert into live.nas_seen (nas_id, unsigned_packets, accepts, rejects, next_secret_at)"
        " select id, 0, 0, 0, now() from territory.nas returning nas_id",
    )
    assert "still uses" not in socle("list")
    socle("rotate", CODE, "--finish")
    assert socle("secret", CODE) == f"present: {both['coming']}"
    audited = ask(database_url, "select action from audit.entry order by number")
    assert [action for (action,) in audited] == [
        "nas.secret_read",
        "nas.rotation_begun",
        "nas.secret_read",
        "nas.rotation_finished",
        "nas.secret_read",
    ]


def test_a_rotation_may_be_abandoned_or_forced(socle: Run) -> None:
    """Abandoned, the present secret stays; forced, the next one is in force unseen."""
    with pytest.raises(ConfigurationError, match="expected a rotation"):
        socle("rotate", CODE, "--abandon")
    socle("rotate", CODE)
    socle("rotate", CODE, "--abandon")
    assert socle("secret", CODE) == f"present: {SHARED_SECRET}"
    socle("rotate", CODE)
    coming = json.loads(socle("secret", CODE, "--json"))["coming"]
    socle("rotate", CODE, "--finish", "--force")
    assert socle("secret", CODE) == f"present: {coming}"


def test_the_password_given_for_mac_authentication_is_told(socle: Run, database_url: str) -> None:
    """Of the secret that is to be configured."""
    ask(database_url, "update territory.nas set mac_password = 'given' returning id")
    shown = socle("secret", CODE)
    assert shown.splitlines()[1] == f"mac password: {given_password(SHARED_SECRET)}"


def test_what_a_nas_learnt_can_be_forgotten(socle: Run, database_url: str) -> None:
    """Only by a technician; also for one that was never seen."""
    socle("unlearn", CODE)
    ((since, at),) = ask(database_url, "select signed_since, unlearned_at from live.nas_seen")
    assert since is None
    assert at <= datetime.now(UTC)


def test_an_unknown_code_is_told_with_a_near_one(socle: Run) -> None:
    """A slip of the finger costs nothing."""
    with pytest.raises(ConfigurationError, match="did you mean mairie-nas"):
        socle("secret", "mairie-nass")


def test_the_list_ends_with_who_is_refused_in_public(socle: Run, database_url: str) -> None:
    """With what to do about it."""
    ask(
        database_url,
        "insert into live.discard values (current_date, '81.2.70.10', 'clear-from-public', 3,"
        " now(), now(), 'access-request', 'toul') returning day",
    )
    told = socle("list")
    assert "81.2.70.10 (toul): 3 packets" in told
    assert "use tunnel or radsec" in told
    found = {finding.about: finding for finding in asyncio.run(examine(load_settings()))}
    assert "81.2.70.10" in found["radius.public"].says
    assert found["radius.unknown"].well


def test_the_doctor_tells_of_strangers_and_weak_proofs(socle: Run, database_url: str) -> None:
    """As warnings: the base works."""
    ask(
        database_url,
        "insert into live.discard values (current_date, '10.9.9.9', 'unknown-nas', 3,"
        " now(), now(), 'access-request', 'toul') returning day",
    )
    socle("rotate", CODE)
    found = {finding.about: finding for finding in asyncio.run(examine(load_settings()))}
    assert "10.9.9.9 (toul)" in found["radius.unknown"].says
    assert found["radius.rotations"].says.endswith(f": {CODE}")
    assert found["radius.signatures"].well
    assert not found["radius.unknown"].stops
