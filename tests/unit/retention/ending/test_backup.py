"""How long a backup may exist, and which are removed."""

from datetime import date
from pathlib import Path

import pytest

from retention.ending.backup import RECORD, backups, ends_on, prune
from territory.law.durations import load_law
from tests.backups import write_backup


@pytest.mark.parametrize(
    ("first_held", "made_on", "end"),
    [
        (date(2026, 11, 17), date(2026, 11, 20), date(2027, 2, 17)),
        (None, date(2026, 11, 30), date(2027, 2, 28)),
        (date(2026, 12, 1), date(2026, 11, 20), date(2027, 2, 20)),
    ],
)
def test_it_ends_at_the_shortest_term_of_its_oldest_day(
    first_held: date | None, made_on: date, end: date
) -> None:
    """The shortest duration, three months, from the oldest day that it holds."""
    assert ends_on(load_law(), first_held, made_on) == end


def test_those_that_are_over_are_removed(tmp_path: Path) -> None:
    """On its end day a backup goes, and what a killed one left two days ago; what is none stays."""
    for name, end in (("a", date(2027, 2, 17)), ("b", date(2027, 2, 18))):
        write_backup(tmp_path / name, end)
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / RECORD).write_text("{}")
    (tmp_path / ".killed.ended").mkdir()
    (tmp_path / ".2027-02-15T23-59-59Z.unfinished").mkdir()
    (tmp_path / ".2027-02-16T00-00-00Z.unfinished").mkdir()
    (tmp_path / ".zsh.unfinished").mkdir()
    assert prune(tmp_path, date(2027, 2, 17)) == [tmp_path / "a"]
    assert [path.name for path, _ in backups(tmp_path)] == ["b"]
    assert {path.name for path in tmp_path.iterdir()} == {
        *("b", "c", ".2027-02-16T00-00-00Z.unfinished", ".zsh.unfinished")
    }
