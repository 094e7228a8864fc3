"""What all adapters share: devices, addresses and pages are checked in one place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.gateways.vocabulary import HandBack, device_of, required, web_page
from territory.errors import ProtocolError


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "http://",
        "http://user@evil.example/",
        "http://[",
        "http://exa mple.org/",
        "http://exämple.org/",
        "http://example.org/\u202e",
        "http://example.org/" + "x" * 512,
        "",
    ],
)
def test_a_page_that_is_no_link_of_ours(url: str) -> None:
    """Only a plain http(s) address may be offered to a guest."""
    assert web_page(url) == ""


def test_a_plain_page() -> None:
    """Kept as it is."""
    assert web_page("http://example.org/a?b=1") == "http://example.org/a?b=1"


@given(st.text(max_size=80))
def test_any_text_may_be_asked(text: str) -> None:
    """Nothing raises but `ProtocolError`."""
    web_page(text)
    try:
        device_of(text)
    except ProtocolError:
        return


def test_a_missing_parameter_names_itself() -> None:
    """The name is one of ours, never the peer's."""
    with pytest.raises(ProtocolError, match="missing-mac"):
        required({"mac": ""}, "mac")


def test_an_origin() -> None:
    """Scheme, host and port: what a form-action policy takes."""
    assert HandBack("http://10.1.0.1:3990/logon?x=1").origin == "http://10.1.0.1:3990"
