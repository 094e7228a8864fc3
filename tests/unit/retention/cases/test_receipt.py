"""A custodian's signed line: read back by their key alone, whatever is done to it."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.cases.receipt import Done, Receipt, read_receipt, sign_receipt
from retention.manifests.signing import SigningKey

KEY, OTHER = SigningKey.generate(), SigningKey.generate()
RECEIPT = Receipt(
    UUID("12345678-1234-4234-8234-123456789012"),
    Done.OPENED,
    datetime(2026, 11, 20, 14, tzinfo=UTC),
    "ab" * 32,
)
LINE = sign_receipt(RECEIPT, KEY)


def test_a_line_is_read_back_by_its_signers_key_alone() -> None:
    """Pasted with blanks around it, it says the same; another custodian's key reads nothing."""
    assert read_receipt(f"  {LINE}\n", KEY.public.base64) == RECEIPT
    assert read_receipt(LINE, OTHER.public.base64) is None
    assert read_receipt(LINE, "no key") is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("opened", "answered"),
        ("opened", "burnt"),
        ("abab", "abac"),
        ("2026-11-20", "2026-11-21"),
        ("2026-11-20", "2026-11-40"),
        ("12345678-", "12345679-"),
        ("socle-receipt-1", "socle-receipt-2"),
    ],
)
def test_a_changed_line_is_nobodys(old: str, new: str) -> None:
    """Case, act, instant and digest are all signed."""
    assert read_receipt(LINE.replace(old, new, 1), KEY.public.base64) is None


@given(st.text(max_size=500))
def test_any_text_is_read_without_a_fault(text: str) -> None:
    """Whatever is pasted at the desk."""
    assert read_receipt(text, KEY.public.base64) is None
