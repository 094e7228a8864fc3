"""A sheet's seed is opened by whoever made it, for half an hour, and by nobody else."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.console.ticket_sheet import LIFE, LONGEST, TicketKeys, open_seed, seal_seed
from territory.keyring import Keyring

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
KEY = TicketKeys.of(Keyring(bytes(range(32)))).sheet
SHEET, OPERATOR = uuid4(), uuid4()
SEED = bytes(range(16))
SEALED = seal_seed(SEED, SHEET, OPERATOR, KEY, NOW)


def test_its_maker_opens_it_for_a_while() -> None:
    """Until half an hour has passed; it fits into an address and shows nothing of the seed."""
    assert open_seed(SEALED, SHEET, OPERATOR, KEY, NOW) == SEED
    assert open_seed(SEALED, SHEET, OPERATOR, KEY, NOW + LIFE - timedelta(seconds=1)) == SEED
    assert open_seed(SEALED, SHEET, OPERATOR, KEY, NOW + LIFE) is None
    assert len(SEALED) <= LONGEST
    assert SEED.hex() not in SEALED


@pytest.mark.parametrize(
    ("sheet", "operator", "key"),
    [(uuid4(), OPERATOR, KEY), (SHEET, uuid4(), KEY), (SHEET, OPERATOR, bytes(32))],
)
def test_nobody_else_does(sheet: object, operator: object, key: bytes) -> None:
    """Another sheet, another operator, another base."""
    assert open_seed(SEALED, sheet, operator, key, NOW) is None  # type: ignore[arg-type]


@given(st.text(max_size=200))
def test_anything_may_stand_in_an_address(text: str) -> None:
    """What was not sealed here opens nothing, and nothing raises."""
    assert open_seed(text, SHEET, OPERATOR, KEY, NOW) is None


def test_every_letter_counts() -> None:
    """Changed anywhere, it opens nothing."""
    for at in range(0, len(SEALED), 7):
        other = "A" if SEALED[at] != "A" else "B"
        changed = SEALED[:at] + other + SEALED[at + 1 :]
        assert open_seed(changed, SHEET, OPERATOR, KEY, NOW) is None
