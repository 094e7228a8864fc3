"""One contract for every chat and push service, against a server that answers as documented."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from territory.errors import Unavailable
from territory.messages.webhook import AskedToWait, Door, Notice, Webhook
from tests.servers.chat import HOOK, ROOM, TOKEN, Chat, chat_services

NOTICE = Notice(UUID(int=7), "Mairie : coupé", "Appeler.", "critical", "https://wifi.example/c")
WAYS = {
    "matrix": ("", TOKEN, ROOM),
    "mattermost": (f"/hooks/{HOOK}", "", ""),
    "ntfy": ("/wifi-astreinte", TOKEN, ""),
    "json": ("/anything", TOKEN, ""),
}

pytestmark = pytest.mark.parametrize("kind", WAYS)


@pytest.fixture
async def chat() -> AsyncIterator[Chat]:
    """All of them."""
    async with chat_services() as chat:
        yield chat


def webhook(chat: Chat, kind: str) -> Webhook:
    """What tells one service."""
    path, secret, room = WAYS[kind]
    return Webhook(Door(kind, chat.url + path, secret, room), 5.0)


async def test_a_message_arrives_once(chat: Chat, kind: str) -> None:
    """Subject, text and link, character for character."""
    await webhook(chat, kind).send(NOTICE)
    (heard,) = chat.heard
    assert heard["subject"] == NOTICE.subject
    assert "Appeler." in heard["text"]
    assert NOTICE.link in str(heard)


async def test_bad_days(chat: Chat, kind: str) -> None:
    """Too many, elsewhere, broken: not taken, and it says why; a large answer is not read whole."""
    chat.answers = ["limit", "redirect", "error", "large"]
    told = webhook(chat, kind)
    with pytest.raises(AskedToWait) as asked:
        await told.send(NOTICE)
    assert asked.value.seconds == (2 if kind == "matrix" else 60)
    with pytest.raises(Unavailable, match="redirect is not followed"):
        await told.send(NOTICE)
    with pytest.raises(Unavailable, match="502"):
        await told.send(NOTICE)
    await told.send(NOTICE)
    assert (chat.heard, chat.attempts) == ([], 4)


async def test_nobody_there(chat: Chat, kind: str) -> None:
    """No connection is told without the address, which may be the secret."""
    path, secret, room = WAYS[kind]
    door = Door(kind, f"http://127.0.0.1:1{path}", secret, room)
    with pytest.raises(Unavailable, match="no connection") as failed:
        await Webhook(door, 5.0).send(NOTICE)
    assert HOOK not in str(failed.value)


async def test_an_answer_that_gets_lost(chat: Chat, kind: str) -> None:
    """Sent again under the same identifier: Matrix shows it once, the others may show it twice."""
    chat.answers = ["lost"]
    told = webhook(chat, kind)
    with pytest.raises(Unavailable, match="504"):
        await told.send(NOTICE)
    await told.send(NOTICE)
    assert len(chat.heard) == (1 if kind == "matrix" else 2)


async def test_a_service_that_says_nothing(kind: str) -> None:
    """There is a deadline."""
    calls: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, call: calls.append(call), "127.0.0.1", 0)
    path, secret, room = WAYS[kind]
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{path}"
    with pytest.raises(Unavailable, match="in time"):
        await Webhook(Door(kind, url, secret, room), 0.2).send(NOTICE)
    assert calls
    for call in calls:
        call.close()
    server.close()
