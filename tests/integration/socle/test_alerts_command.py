"""`socle alerts test`: run for real, against a relay and services that answer as documented."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from socle.commands.alerts import alerts
from territory.errors import ConfigurationError
from tests.servers.chat import HOOK, ROOM, TOKEN, Chat, chat_services
from tests.servers.mail import Inbox, mail_server

SETTINGS = """\
[mail]
server = "127.0.0.1"
port = {mail}
security = "none"
sender = "wifi@meuse.example"
[[alerts.recipients]]
name = "anne"
kind = "mail"
address = "anne@meuse.example"
[[alerts.recipients]]
name = "salon"
kind = "matrix"
address = "{chat}"
room = "{room}"
secret_file = "{folder}/token"
[[alerts.recipients]]
name = "equipe"
kind = "mattermost"
secret_file = "{folder}/hook"
"""


@pytest.fixture
async def inbox() -> AsyncIterator[Inbox]:
    """A relay."""
    async with mail_server() as inbox:
        yield inbox


@pytest.fixture
async def chat() -> AsyncIterator[Chat]:
    """Services."""
    async with chat_services() as chat:
        yield chat


async def run(folder: Path, text: str, *arguments: str) -> tuple[int, str]:
    """Run it with these settings; its exit status and what it printed."""
    (folder / "socle.toml").write_text(text)
    words = ["test", *arguments, "--settings", str(folder / "socle.toml")]
    done = await asyncio.to_thread(CliRunner().invoke, alerts, words)
    if isinstance(done.exception, ConfigurationError):
        raise done.exception
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout.strip()


async def test_everybody_is_written_to_and_what_each_answers_is_told(
    tmp_path: Path, inbox: Inbox, chat: Chat
) -> None:
    """One that is not taken fails the command, without its secret; the others get theirs."""
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    (tmp_path / "hook").write_text(f"{chat.url}/hooks/{HOOK}\n")
    text = SETTINGS.format(mail=inbox.port, chat=chat.url, room=ROOM, folder=tmp_path)
    assert await run(tmp_path, text) == (0, "anne: taken\nsalon: taken\nequipe: taken")
    assert len(chat.heard) == 2
    (letter,) = inbox.letters
    assert str(letter["Subject"]) == "Essai : les alertes de la base vous parviennent"
    (tmp_path / "token").write_text("syt_revoked\n")
    status, said = await run(tmp_path, text, "--json", "salon", "anne")
    assert status == 1
    assert json.loads(said) == {"salon": "the service refuses the secret (401)", "anne": ""}


@pytest.mark.parametrize(
    ("text", "arguments", "key"),
    [
        ("", (), "alerts.recipients"),
        (SETTINGS, ("nobody",), "nobody"),
        (SETTINGS.replace("{room}", "!abc:x\\nserver = 1"), (), None),
    ],
)
async def test_what_cannot_be_sent_is_refused_in_words(
    tmp_path: Path, text: str, arguments: tuple[str, ...], key: str | None
) -> None:
    """Nobody named, somebody unknown, settings that are none."""
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "hook").write_text(f"https://chat.meuse.example/hooks/{HOOK}")
    filled = text.format(mail=25, chat="https://m.meuse.example", room=ROOM, folder=tmp_path)
    with pytest.raises(ConfigurationError) as refused:
        await run(tmp_path, filled, *arguments)
    if key is not None:
        assert [fault.key for fault in refused.value.faults] == [key]
    assert TOKEN not in str(refused.value)
