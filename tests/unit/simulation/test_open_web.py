"""The simulated open Web."""

import pytest

from simulation import open_web


def test_whatever_was_asked_is_escaped() -> None:
    """The page shows the address and never runs it."""
    page = open_web.page('http://a.test/<script>"', "mairie", "http://127.10.1.1:3990/logoff")
    assert "<script>" not in page
    assert "http://a.test/&lt;script&gt;&quot;" in page


@pytest.mark.parametrize(
    ("path", "octets"),
    [
        ("/octets/10", 10),
        ("/octets/99999999999", open_web.MAX_OCTETS),
        ("/octets/-1", None),
        ("/octets/1/2", None),
        ("/", None),
    ],
)
def test_octets_are_given_when_asked_for_and_bounded(path: str, octets: int | None) -> None:
    """A phone uses up a quota with them."""
    assert open_web.octets_asked(path) == octets
