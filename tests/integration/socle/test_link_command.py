"""`socle link`: the hub's key, the tunnels, and a rotation from its beginning to its end."""

import asyncio
import json
from collections.abc import Callable
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner

from socle.commands.link import link
from territory.application.tunnel_peers import keep_peers
from territory.clock import SystemClock
from territory.database.connect import open_engine
from territory.errors import ConfigurationError
from territory.keyring import Keyring
from territory.wireguard.keys import new_pair
from tests.servers.territory import SitePlan, lay

Run = Callable[..., str]


@pytest.fixture
def socle(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a word of `socle link` on a base with one tunnel; return what it printed."""
    monkeypatch.setenv("SOCLE_DATABASE__URL", database_url)
    monkeypatch.setenv("SOCLE_STATE_FOLDER", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    asyncio.run(ground(database_url, Keyring.load_or_create(tmp_path / "master.key")))

    def run(*words: str) -> str:
        done = CliRunner().invoke(link, list(words), catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    return run


async def ground(url: str, keyring: Keyring) -> None:
    """Write a site and its tunnel."""
    site = SitePlan("mairie", "coovachilli", "10.1.0.1", "http://p.example/", "10.55.0.2")
    await lay(url, keyring, [site])
    engine = open_engine(url)
    async with engine.begin() as connection:
        tunnels = {"mairie": IPv4Address("10.55.0.2")}
        await keep_peers(connection, keyring, tunnels, SystemClock().now())
    await engine.dispose()


def told(socle: Run) -> dict[str, Any]:
    """Return the one tunnel as the list has it."""
    (found,) = json.loads(socle("list", "--json"))
    assert isinstance(found, dict)
    return found


def heard(url: str, column: str) -> None:
    """Have the hub hear the router under one key, now."""

    async def write() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(
            f"insert into live.tunnel_seen (site_id, {column}, checked_at)"
            " select id, now(), now() from territory.site"
            f" on conflict (site_id) do update set {column} = now()"
        )
        await connection.close()

    asyncio.run(write())


def test_the_hub_is_made_once(socle: Run, tmp_path: Path) -> None:
    """The settings it prints name a key of its owner's alone, and stay the same."""
    first = socle("prepare", "vpn.meuse.example:51820")
    assert 'endpoint = "vpn.meuse.example:51820"' in first
    assert 'reached_at = ["10.55.0.1"]' in first
    assert (tmp_path / "tunnel/hub.key").stat().st_mode & 0o777 == 0o600
    assert socle("prepare", "vpn.meuse.example:51820") == first
    with pytest.raises(ConfigurationError, match="host:port"):
        socle("prepare", "vpn.meuse.example")


def test_a_key_is_rotated_in_two_steps(socle: Run, database_url: str) -> None:
    """The old one goes once the router was heard under the next, or on purpose."""
    before = told(socle)
    socle("rotate", "mairie")
    during = told(socle)
    assert (during["public_key"], during["made_on_router"]) == (before["public_key"], False)
    assert during["next_public_key"] not in {None, before["public_key"]}
    with pytest.raises(ConfigurationError, match="heard under the next key"):
        socle("rotate", "mairie", "--finish")
    heard(database_url, "next_handshake_at")
    assert "two keys are valid" in socle("list")
    socle("rotate", "mairie", "--finish")
    after = told(socle)
    assert (after["public_key"], after["next_public_key"]) == (during["next_public_key"], None)
    assert " up " in socle("list")


def test_a_key_may_be_made_on_the_router(socle: Run) -> None:
    """Its private half never comes here."""
    public = new_pair().public
    socle("rotate", "mairie", "--public-key", public)
    socle("rotate", "mairie", "--finish", "--force")
    after = told(socle)
    assert (after["public_key"], after["made_on_router"]) == (public, True)


def test_a_rotation_may_be_abandoned_and_slips_are_told(socle: Run) -> None:
    """The present key stays."""
    before = told(socle)
    socle("rotate", "mairie")
    socle("rotate", "mairie", "--abandon")
    assert told(socle) == before
    for words, said in (
        (("rotate", "mairi"), "whose link is a tunnel"),
        (("rotate", "mairie", "--finish"), "a rotation under way"),
        (("rotate", "mairie", "--public-key", "x"), "32 octets"),
    ):
        with pytest.raises(ConfigurationError, match=said):
            socle(*words)
