"""Signature Version 4 in the query, against the example of the Amazon S3 API Reference."""

from datetime import UTC, datetime

from retention.storage.signed_request import Account, signed_target

# "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)", its GET example.
EXAMPLE = Account(
    "https://examplebucket.s3.amazonaws.com",
    "us-east-1",
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
)
SIGNATURE = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"


def test_the_example_of_the_reference() -> None:
    """Good for a day from 2013-05-24, as the document has it."""
    moment = datetime(2013, 5, 24, tzinfo=UTC)
    target = signed_target(EXAMPLE, "GET", "/test.txt", {"X-Amz-Expires": "86400"}, moment)
    assert target.startswith("/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA")
    assert target.endswith(f"&X-Amz-Signature={SIGNATURE}")


def test_a_secret_is_never_shown() -> None:
    """Neither in a log nor in a failed test."""
    assert EXAMPLE.secret_access_key not in repr(EXAMPLE)
