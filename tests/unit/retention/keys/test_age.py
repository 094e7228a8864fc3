"""age files both ways with Debian's `age`."""

import subprocess
from pathlib import Path

import pytest

from retention.keys import age
from territory.errors import ConfigurationError


def test_age_opens_what_we_seal_and_the_reverse(tmp_path: Path) -> None:
    """The same format, the same keys."""
    made = subprocess.run(["age-keygen"], capture_output=True, check=True, text=True)
    file = tmp_path / "identity"
    file.write_text(made.stdout)
    identity = age.read_identity(file)
    recipient = age.recipient_of(identity)
    command = ["age", "-d", "-i", str(file)]
    opened = subprocess.run(
        command, input=age.seal(b"text", recipient), capture_output=True, check=True
    )
    assert opened.stdout == b"text"
    sealed = subprocess.run(
        ["age", "-r", recipient], input=b"text", capture_output=True, check=True
    )
    assert age.open_sealed(sealed.stdout, identity) == b"text"


@pytest.mark.parametrize("text", ["", "# public key: age1x", "AGE-SECRET-KEY-1WRONG", "\udcff"])
def test_a_file_without_an_identity_is_named(tmp_path: Path, text: str) -> None:
    """Empty, only a comment, mistyped, not text."""
    file = tmp_path / "identity"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigurationError, match="identity"):
        age.read_identity(file)


def test_a_recipient_is_known_from_any_other_text() -> None:
    """Only what one can seal to."""
    assert age.is_recipient(age.recipient_of(age.new_identity()))
    assert not age.is_recipient("age1wrong")
    assert not age.is_recipient(age.new_identity())
    with pytest.raises(age.CannotOpen):
        age.recipient_of("AGE-SECRET-KEY-1WRONG")


def test_a_fingerprint_is_what_sha256sum_says() -> None:
    """Anyone can make it again from the public key, without this program."""
    recipient = age.recipient_of(age.new_identity())
    made = subprocess.run(["sha256sum"], input=recipient.encode(), capture_output=True, check=True)
    assert age.fingerprint_of(recipient).replace(" ", "") == made.stdout[:32].decode()
    assert len(age.fingerprint_of(recipient).split()) == 8
