"""The session that a log-in at UniFi opens, and the token it must show."""

from base64 import urlsafe_b64encode

import pytest

from territory.controllers.https import Answer
from territory.controllers.record import ControllerFault
from territory.controllers.unifi_legacy import log_in_of


def cookie(claims: bytes) -> str:
    """Return a console's cookie."""
    return f"e30.{urlsafe_b64encode(claims).decode().rstrip('=')}.sign"


@pytest.mark.parametrize(
    ("headers", "cookies", "token"),
    [
        ({"X-CSRF-Token": "a"}, {"TOKEN": cookie(b'{"csrfToken": "b"}')}, "a"),
        ({}, {"TOKEN": cookie(b'{"csrfToken": "b"}')}, "b"),
        ({}, {"unifises": "s", "csrf_token": "c"}, "c"),
        ({}, {"unifises": "s"}, None),
        ({}, {"TOKEN": "no-token"}, None),
        ({}, {"TOKEN": cookie(b"[1]")}, None),
        ({}, {"TOKEN": cookie(b'{"csrfToken": 7}')}, None),
        ({}, {"TOKEN": cookie(b"\xff\xfe")}, None),
        ({}, {"TOKEN": cookie(b"[" * 100_000)}, None),
    ],
)
def test_which_token_is_shown(
    headers: dict[str, str], cookies: dict[str, str], token: str | None
) -> None:
    """The header's, else that in a console's cookie, else the cookie of Network by itself."""
    log_in = log_in_of(Answer(200, b"{}", headers, cookies), "/proxy/network")
    assert log_in.headers.get("X-CSRF-Token") == token
    assert log_in.headers["Cookie"] == "; ".join(f"{k}={v}" for k, v in cookies.items())
    assert "sign" not in repr(log_in)


def test_a_log_in_without_a_session() -> None:
    """Another version, perhaps: nothing could be shown again."""
    with pytest.raises(ControllerFault):
        log_in_of(Answer(200, b"{}"), "")
