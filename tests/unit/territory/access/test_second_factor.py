"""One-time codes: RFC 6238's own values, the steps beside, and each step once."""

from datetime import UTC, datetime

import pyotp
import pytest

from territory.access.second_factor import STEP_SECONDS, enrolment_uri, step_of

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
"""`12345678901234567890` in base32: the SHA-1 secret of RFC 6238, appendix B."""


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_the_codes_of_the_rfc_are_good_at_their_time(seconds: int, code: str) -> None:
    """RFC 6238 appendix B: the last six of its eight digits."""
    now = datetime.fromtimestamp(seconds, UTC)
    assert step_of(SECRET, code, now, 0) == seconds // STEP_SECONDS
    assert step_of(SECRET, f"{code[:3]} {code[3:]}", now, 0) == seconds // STEP_SECONDS


def test_a_code_serves_once_and_for_a_minute_and_a_half() -> None:
    """The steps beside are borne; a used one, an older one or another time's is not."""
    code, step = "005924", 1234567890 // STEP_SECONDS
    for late, good in ((-30, True), (30, True), (-60, False), (60, False)):
        now = datetime.fromtimestamp(1234567890 + late, UTC)
        assert (step_of(SECRET, code, now, 0) == step) is good
    now = datetime.fromtimestamp(1234567890, UTC)
    assert step_of(SECRET, code, now, step - 1) == step
    assert step_of(SECRET, code, now, step) is None
    for wrong in ("", "005925", "0059240", "x" * 6, "00592é", "٠٠٥٩٢٤"):
        assert step_of(SECRET, wrong, now, 0) is None


def test_an_authenticator_reads_the_same_secret() -> None:
    """The QR code says whose it is and what makes its codes."""
    read = pyotp.parse_uri(enrolment_uri(SECRET, "anne@territoire.example"))
    assert isinstance(read, pyotp.TOTP)
    assert (read.secret, read.name, read.issuer) == (SECRET, "anne@territoire.example", "Socle")
