"""Which User-Name presents a device, and what must be shown with it."""

import pytest

from radius.mac_authentication import mac_authentication
from territory.rules.mac_form import MacForm, given_password
from territory.vocabulary import MacPassword, MacUserName

SECRET = "radius-secret-of-the-lab-0123456"
DEVICE = bytes.fromhex("8a567ef910e4")


@pytest.mark.parametrize(
    ("form", "name", "written"),
    [
        (MacUserName.HYPHENS_UPPER, b"8A-56-7E-F9-10-E4", True),
        (MacUserName.HYPHENS_UPPER, b"8a-56-7e-f9-10-e4", False),
        (MacUserName.HYPHENS_UPPER, b"8A:56:7E:F9:10:E4", False),
        (MacUserName.HYPHENS_UPPER, b"8A567EF910E4", False),
        (MacUserName.HYPHENS_UPPER, b"8A-56-7E-F9-10-E5", False),
        (MacUserName.PLAIN, b"8a567ef910e4", True),
        (MacUserName.PLAIN, b"8A567EF910E4", False),
        (MacUserName.DOTS_BY_FOUR, b"8a56.7ef9.10e4", True),
        (MacUserName.HYPHEN_BY_SIX, b"8a567e-f910e4", True),
        (MacUserName.NONE, b"8a567ef910e4", False),
        (MacUserName.NONE, b"", False),
    ],
)
def test_only_the_declared_form_is_taken(form: MacUserName, name: bytes, written: bool) -> None:
    """To the letter: case and separators."""
    asked = mac_authentication(MacForm(form), SECRET)
    assert asked.is_written(name, DEVICE) is (written and bool(name))


@pytest.mark.parametrize(
    ("password", "shown", "call_check"),
    [
        (MacPassword.USER_NAME, b"8a567ef910e4", False),
        (MacPassword.CALL_CHECK, b"8a567ef910e4", True),
        (MacPassword.SHARED_SECRET, SECRET.encode(), False),
        (MacPassword.GIVEN, given_password(SECRET).encode(), False),
    ],
)
def test_each_kind_of_password(password: MacPassword, shown: bytes, call_check: bool) -> None:
    """The name, the shared secret, the one made for the NAS, or Call-Check."""
    asked = mac_authentication(MacForm(MacUserName.PLAIN, password), SECRET)
    assert asked.password_for(b"8a567ef910e4") == shown
    assert asked.needs_call_check is call_check
