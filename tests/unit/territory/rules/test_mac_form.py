"""Each written form of a MAC address, and what each brand does by itself."""

import pytest

from territory.identifiers import MacAddress
from territory.rules.mac_form import (
    NO_MAC_AUTHENTICATION,
    MacForm,
    form_of_brand,
    given_password,
    write_mac,
)
from territory.vocabulary import Brand, MacPassword, MacUserName

DEVICE = bytes.fromhex("aabbccddeeff")


@pytest.mark.parametrize("form", [form for form in MacUserName if form is not MacUserName.NONE])
def test_a_form_is_written_as_its_name_shows(form: MacUserName) -> None:
    """The word in the description is the example; it reads back as the same device."""
    assert write_mac(DEVICE, form) == form.value
    assert MacAddress.parse(form.value).octets == DEVICE


def test_who_presents_no_device_writes_nothing() -> None:
    """So that nothing can be equal to it."""
    assert write_mac(DEVICE, MacUserName.NONE) == ""


@pytest.mark.parametrize(
    ("brand", "form"),
    [
        ("coovachilli", MacForm(MacUserName.HYPHENS_UPPER, MacPassword.USER_NAME)),
        ("uspot", MacForm(MacUserName.COLONS, MacPassword.CALL_CHECK)),
        ("mikrotik", MacForm(MacUserName.COLONS_UPPER, MacPassword.USER_NAME)),
        ("aruba", MacForm(MacUserName.PLAIN, MacPassword.USER_NAME)),
        ("cisco", MacForm(MacUserName.PLAIN, MacPassword.CALL_CHECK)),
        ("meraki", MacForm(MacUserName.PLAIN, MacPassword.USER_NAME)),
        ("generic", NO_MAC_AUTHENTICATION),
    ],
)
def test_a_brand_has_its_own_form(brand: str, form: MacForm) -> None:
    """As its source or its manual says; who is not known does none unless it is declared."""
    assert form_of_brand(brand) == form


def test_every_brand_has_some_form() -> None:
    """None raises: a brand without RADIUS or without MAC authentication does none."""
    assert all(isinstance(form_of_brand(brand), MacForm) for brand in Brand)


def test_a_given_password_is_its_secret_s_own() -> None:
    """Made anew by a rotation; HMAC-SHA256, checked with `openssl dgst -sha256 -hmac`."""
    assert given_password("radius-secret-of-the-lab-0123456") == "a79b30dd77add0f14fdb3f8f0bc93451"
    assert given_password("another-secret-of-the-lab-012345") != given_password(
        "radius-secret-of-the-lab-0123456"
    )
