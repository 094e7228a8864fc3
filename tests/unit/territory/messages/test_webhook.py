"""What goes over the wire to each service, and what its answers mean; nothing secret is told."""

import json
from email.header import decode_header, make_header
from uuid import UUID

import pytest

from territory.errors import Unavailable
from territory.messages.webhook import AskedToWait, Door, Notice, read, write

NOTICE = Notice(
    UUID(int=7), "Mairie : coupé depuis 14 h 05", "Appeler.", "critical", "https://wifi.example/c"
)
SECRET = "syt_a_secret"


def test_matrix() -> None:
    """The same transaction at each attempt is one event; text, since a notice would be silent."""
    door = Door("matrix", "https://matrix.example/", SECRET, "!abc:matrix.example")
    call = write(door, NOTICE)
    assert (call.method, call.url) == (
        "PUT",
        "https://matrix.example/_matrix/client/v3/rooms/%21abc%3Amatrix.example/send"
        f"/m.room.message/{UUID(int=7)}",
    )
    assert call.headers["Authorization"] == f"Bearer {SECRET}"
    assert json.loads(call.body) == {
        "msgtype": "m.text",
        "body": "Mairie : coupé depuis 14 h 05\nAppeler.\nhttps://wifi.example/c",
    }


def test_mattermost() -> None:
    """Its address is the secret; its text is Markdown."""
    call = write(Door("mattermost", "https://chat.example/hooks/xyz"), NOTICE)
    assert (call.method, call.url) == ("POST", "https://chat.example/hooks/xyz")
    assert json.loads(call.body)["text"].startswith("**Mairie : coupé depuis 14 h 05**\nAppeler.")
    assert "Authorization" not in call.headers


@pytest.mark.parametrize(("urgency", "priority"), [("critical", "5"), ("mended", "3")])
def test_ntfy(urgency: str, priority: str) -> None:
    """Headers are ASCII, whatever the subject; what is critical rings; a recovery does not."""
    notice = Notice(NOTICE.id, NOTICE.subject, "é" * 4000, urgency, NOTICE.link)
    call = write(Door("ntfy", "https://ntfy.example/wifi", SECRET), notice)
    assert call.headers["Title"].isascii()
    assert str(make_header(decode_header(call.headers["Title"]))) == NOTICE.subject
    assert (call.headers["Priority"], call.headers["Click"]) == (priority, NOTICE.link)
    assert call.body.decode() == "é" * 2000, "over 4 096 octets it would become a file"


def test_json() -> None:
    """All there is, for a program."""
    call = write(Door("json", "http://127.0.0.1:9/x"), NOTICE)
    assert set(json.loads(call.body)) == {"id", "urgency", "subject", "text", "link"}


def test_no_secret_is_shown() -> None:
    """Neither by what would go into a log nor by what an answer means."""
    door = Door("matrix", f"https://matrix.example/{SECRET}", SECRET, "!a:b")
    assert SECRET not in f"{door!r} {write(door, NOTICE)!r}"
    with pytest.raises(Unavailable) as refused:
        read(401, {}, SECRET.encode())
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 404, 413, 500, 503])
def test_all_else_than_success_is_not_taken(status: int) -> None:
    """A redirect too: the secret goes nowhere else."""
    with pytest.raises(Unavailable, match=str(status)):
        read(status, {"Location": "https://elsewhere.example"}, b"")
    read(204, {}, b"")


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"Retry-After": "120"}, b"", 120),
        ({"X-Ratelimit-Reset": "7"}, b"limit exceeded", 7),
        ({}, b'{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 2500}', 2.5),
        ({}, b'{"code": 42901, "http": 429, "error": "limit reached"}', 60),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, b"", 60),
        ({"Retry-After": "0"}, b"", 1),
        ({"Retry-After": "999999999999"}, b"", 3600),
        ({}, b'{"retry_after_ms": -1}', 1),
        ({}, b'{"retry_after_ms": "soon"}', 60),
        ({}, b"[1]", 60),
        ({}, b'{"retry_after_ms": NaN}', 60),
        ({}, b'{"retry_after_ms": 1e999}', 60),
        ({}, b'{"retry_after_ms": ' + b"9" * 400 + b"}", 60),
        ({}, b'{"retry_after_ms": ' + b"9" * 9000 + b"}", 60),
        ({}, b"[" * 16_000, 60),
        ({}, b'{"retry_after_ms": null}', 60),
        ({}, b"\xff\xfe", 60),
    ],
)
def test_asked_to_wait(headers: dict[str, str], body: bytes, seconds: float) -> None:
    """For as long as the service says, in any of the three ways; an hour at most, never at once."""
    with pytest.raises(AskedToWait) as asked:
        read(429, headers, body)
    assert asked.value.seconds == seconds
