"""What each level of openNDS is told of the portal, and what it refuses."""

from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from deploy.packages.opennds import fas_faults, fas_of
from tests.unit.deploy.packages.sheets import CHILLI, OPENNDS

FAS3 = replace(OPENNDS, variant="fas3")


def test_another_brand_has_none() -> None:
    """Neither has a level that does not exist."""
    assert fas_of(CHILLI) is None
    assert fas_of(replace(OPENNDS, variant="fas0")) is None
    assert list(fas_faults(CHILLI, portal_is_address=True)) == []


@pytest.mark.parametrize("path", ["/gateway/opennds", "/gateway/opennds/", "/gateway/opennds/gw"])
def test_a_path_names_the_gateway_once(path: str) -> None:
    """Whether or not its record says so already."""
    portal = urlsplit(f"https://wifi.example:8443{path}")
    fas = fas_of(replace(FAS3, portal=portal))
    assert fas is not None
    assert (fas.scheme, fas.port, fas.path) == ("https", 8443, "/gateway/opennds/gw")


@pytest.mark.parametrize("variant", ["fas3", "fas4"])
@pytest.mark.parametrize(
    ("portal", "is_address", "expected"),
    [
        ("http://wifi.example/gateway/opennds", False, "expected a portal in https"),
        ("https://10.88.0.1/gateway/opennds", True, "as in its certificate"),
        ("https://wifi.example/gateway/opennds", False, None),
    ],
)
def test_a_level_in_https_needs_a_portal_that_is_believed(
    variant: str, portal: str, is_address: bool, expected: str | None
) -> None:
    """A portal in clear, or at an address, would be asked in vain."""
    gateway = replace(OPENNDS, variant=variant, portal=urlsplit(portal))
    told = [fault.expected for fault in fas_faults(gateway, is_address)]
    assert len(told) == (expected is not None)
    assert all(expected in words for words in told if expected)
