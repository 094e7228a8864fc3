"""What a command's row says, written and read back."""

from typing import Any
from uuid import UUID

import pytest

from territory.database.commands import Outcome, Result, Target
from territory.identifiers import MacAddress

KEY = UUID(int=7)
DEVICE = MacAddress.parse("8a-56-7e-f9-10-e4")


@pytest.mark.parametrize(
    ("target", "payload"),
    [
        (Target(session_key=KEY), {"session_key": str(KEY)}),
        (Target(admission_id=KEY), {"admission_id": str(KEY)}),
        (
            Target(device=DEVICE, site_id=KEY),
            {"device": "8a:56:7e:f9:10:e4", "site_id": str(KEY)},
        ),
        (Target(), {}),
    ],
)
def test_a_target_comes_back_as_it_was_written(target: Target, payload: dict[str, str]) -> None:
    """Also beside other keys."""
    assert target.payload() == payload
    assert Target.read({**payload, "or_disconnect": True}) == target


@pytest.mark.parametrize(
    "payload",
    [
        {"session_key": "x"},
        {"device": "x"},
        {"site_id": 7},
        {"device": None},
        {"device": "x", "site_id": str(KEY)},
    ],
)
def test_what_cannot_be_read_names_nobody(payload: dict[str, Any]) -> None:
    """Never more people than were meant: a device that is no device is not the whole site."""
    assert Target.read(payload) == Target()


def test_a_result_comes_back_as_it_was_written() -> None:
    """Outcome, words, cause and how many."""
    result = Result(Outcome.REFUSED, "la passerelle ne connaît pas cette session", 503, 2)
    assert Result.read(result.as_json()) == result
