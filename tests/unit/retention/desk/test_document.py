"""The scanned act: known by its first octets, read back by any custodian and nobody else."""

import hashlib

import pytest

from retention.desk.document import seal_document
from retention.keys import age
from territory.scans import ENDINGS, media_type_of


@pytest.mark.parametrize(
    ("octets", "kind"),
    [
        (b"%PDF-1.7 ...", "application/pdf"),
        (b"\xff\xd8\xff\xe0 JFIF", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"MZ\x90", None),
        (b"<html>%PDF-", None),
        (b"", None),
    ],
)
def test_a_file_is_what_its_first_octets_say(octets: bytes, kind: str | None) -> None:
    """Whatever its name says."""
    assert media_type_of(octets) == kind
    assert kind is None or kind in ENDINGS


def test_any_custodian_opens_the_act_and_nobody_else() -> None:
    """One sealed file for all of them; its digest is the act's own."""
    anne, bruno, stranger = (age.new_identity() for _ in range(3))
    act = b"%PDF-1.7 an act that names people"
    document = seal_document(act, [age.recipient_of(anne), age.recipient_of(bruno)])
    assert document
    assert document.sha256 == hashlib.sha256(act).digest()
    assert act not in document.sealed
    assert {age.open_sealed(document.sealed, who) for who in (anne, bruno)} == {act}
    with pytest.raises(age.CannotOpen):
        age.open_sealed(document.sealed, stranger)


def test_no_act_is_kept_that_nobody_could_read() -> None:
    """Neither a file of another kind, nor one without a custodian to seal it to."""
    assert seal_document(b"MZ", [age.recipient_of(age.new_identity())]) is None
    assert seal_document(b"%PDF-1.7", []) is None
