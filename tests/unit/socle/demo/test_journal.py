"""The list of what just happened."""

from datetime import UTC, datetime

from socle.demo.journal import Journal, Kind

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)


def test_newest_comes_first_and_only_what_is_new() -> None:
    """A page that has seen number 1 gets 3 and 2, in that order."""
    journal = Journal()
    for text in ("one", "two", "three"):
        journal.note(NOW, Kind.PACKET, "bar", text)
    assert [entry.text for entry in journal.after(1)] == ["three", "two"]
    assert journal.after(3) == []


def test_it_stays_bounded() -> None:
    """However long the demonstration runs, 400 entries are kept."""
    journal = Journal()
    for number in range(1000):
        journal.note(NOW, Kind.ROW, "bar", str(number))
    assert len(journal.after(0)) == 400
