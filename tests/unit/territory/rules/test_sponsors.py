"""Who may let a guest in, as a table."""

import pytest

from territory.rules.sponsors import may_sponsor

LISTED = ("@commercy.example", "Julie@asso.example")


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("maire@commercy.example", True),
        ("Maire@Commercy.EXAMPLE", True),
        ("julie@asso.example", True),
        ("paul@asso.example", False),
        ("x@sous.commercy.example", False),
        ("x@autrecommercy.example", False),
        ("x@commercy.example.evil.example", False),
        ("@commercy.example@evil.example", False),
        ("commercy.example", False),
        ("", False),
    ],
)
def test_who_may(address: str, may: bool) -> None:
    """A listed address, or any of a listed domain; a sub-domain is another."""
    assert may_sponsor(address, LISTED) is may


def test_nobody_where_none_is_listed() -> None:
    """An organisation that lists nobody lets nobody in this way."""
    assert not may_sponsor("maire@commercy.example", ())
