"""Where a gateway is told to send its guests, when nobody said otherwise."""

import pytest

from portal.directory import default_base


@pytest.mark.parametrize(
    ("brand", "base"),
    [
        ("coovachilli", "https://wifi.meuse.example/gateway/coovachilli"),
        ("opennds", "https://wifi.meuse.example/gateway/opennds"),
        ("uspot", "https://wifi.meuse.example/gateway/uspot/"),
    ],
)
def test_the_default_address(brand: str, base: str) -> None:
    """uspot writes its query after a final slash, and signs that slash."""
    assert default_base("https://wifi.meuse.example", brand) == base
