"""What a command's row says, written and read back."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from territory.database.commands import Outcome, Presentation, Result, Target, await_result
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


def test_a_presentation_comes_back_as_it_was_written() -> None:
    """The NAS, the device, and the NAS's own name of the session, if it told one."""
    for session in ("1E0AA8C0000000140FB5B2C9", ""):
        presented = Presentation(KEY, DEVICE, session)
        assert Presentation.read(presented.payload()) == presented


@pytest.mark.parametrize(
    "changes",
    [{"nas_id": None}, {"device": "x"}, {"session": None}, {"session": "A" * 65}, {"session": "é"}],
)
def test_a_presentation_that_cannot_be_read(changes: dict[str, Any]) -> None:
    """Nobody is asked, and nothing is sent that no attribute holds."""
    assert Presentation.read({**Presentation(KEY, DEVICE, "A").payload(), **changes}) is None


def test_a_result_comes_back_as_it_was_written() -> None:
    """Outcome, words, cause and how many."""
    result = Result(Outcome.REFUSED, "la passerelle ne connaît pas cette session", 503, 2)
    assert Result.read(result.as_json()) == result


class Slow:
    """A base in which an answer is found at the last of so many looks."""

    def __init__(self, looks: int) -> None:
        self.left = looks

    async def fetch(self, query: str, /, *arguments: Any) -> list[dict[str, str | None]]:
        """Return a command's row."""
        self.left -= 1
        return [{"result": None if self.left else Result(Outcome.CLOSED, "").as_json()}]


async def test_an_answer_is_looked_for_less_and_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """Quickly at first, since most come at once; then no more than once a second."""
    pauses: list[float] = []

    async def passed(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", passed)
    assert await await_result(Slow(12), KEY, 60.0) == Result(Outcome.CLOSED, "")
    assert (pauses[0], pauses[-1], len(pauses)) == (0.1, 1.0, 11)
    assert pauses == sorted(pauses)
    assert sum(pauses[:3]) < 0.5
