"""A query string is read from its octets, the first of a name counts, and size is capped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.gateways.query import parse_query
from territory.errors import ProtocolError


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        (b"", {"": ""}),
        (b"a=1&b=2", {"a": "1", "b": "2"}),
        (b"a=1&a=2", {"a": "1"}),
        (b"a", {"a": ""}),
        (b"a=b=c", {"a": "b=c"}),
        (b"a=x+y", {"a": "x+y"}),
        (b"a=x%20y%c3%a9", {"a": "x yé"}),
        (b"a=%", {"a": "%"}),
    ],
)
def test_parameters(query: bytes, parameters: dict[str, str]) -> None:
    """A `+` is a plus: gateways write a space as `%20`."""
    assert parse_query(query) == parameters


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        (b"a=" + b"x" * 8192, "oversized"),
        (b"&" * 64, "too-many-parameters"),
        (b"a=%c3", "bad-encoding"),
        (b"a=%0d%0aSet-Cookie:x", "control-character"),
        (b"a=%7f", "control-character"),
    ],
)
def test_refusals(query: bytes, reason: str) -> None:
    """Each refusal has a stable reason."""
    with pytest.raises(ProtocolError) as refused:
        parse_query(query)
    assert refused.value.reason == reason


@given(st.binary(max_size=300))
def test_nothing_else_is_raised(query: bytes) -> None:
    """Any octets give parameters or a `ProtocolError`."""
    try:
        parse_query(query)
    except ProtocolError:
        return
