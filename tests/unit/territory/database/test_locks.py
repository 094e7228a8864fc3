"""No two advisory locks share a number, wherever they are taken."""

import re
from pathlib import Path

from territory.database.locks import Lock

ROOT = Path(__file__).parents[4]
PARTS = (
    "socle",
    "portal",
    "radius",
    "supervision",
    "retention",
    "deploy",
    "simulation",
    "territory",
)
TAKEN = re.compile(r"advisory_\w*lock\w*\((\d+)\)")
NUMBER = re.compile(r"\b10961\d{5}\b")


def test_each_number_is_one_lock_s() -> None:
    """An alias would be two names of one lock: the archive's once stopped counting guests."""
    assert len(Lock) == len(Lock.__members__)


def test_numbers_are_written_in_one_place_and_in_migrations() -> None:
    """A migration writes the number of a function that it makes, or makes anew; nobody else any."""
    written = {
        path.relative_to(ROOT): NUMBER.findall(text) + TAKEN.findall(text)
        for part in PARTS
        for path in (ROOT / part).rglob("*.py")
        if path.name != "locks.py" and NUMBER.search(text := path.read_text())
    }
    assert {path.parent.name for path in written} == {"versions"}
    taken = {int(number) for numbers in written.values() for number in numbers}
    assert taken == {Lock.AUDIT, Lock.DAYS, Lock.GUEST_DAYS}
