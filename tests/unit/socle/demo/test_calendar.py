"""What the first page says of a day."""

from datetime import date

import pytest

from socle.demo.calendar import Sealed, describe

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("day", "sealed", "state", "words"),
    [
        (date(2026, 11, 22), None, "ouverte", "s'y ajoutent"),
        (date(2026, 11, 21), None, "délai de grâce", "24/11/2026"),
        (date(2026, 11, 19), Sealed(12, 3, 0), "scellée", "12 tranche(s) sous 3"),
        (date(2026, 11, 19), Sealed(12, 3, 1), "scellée", "1 déjà illisible(s)"),
        (date(2026, 11, 19), Sealed(12, 3, 3), "effacée", "clés sont détruites"),
    ],
)
def test_each_state_of_a_day(day: date, sealed: Sealed | None, state: str, words: str) -> None:
    """Open, in grace, sealed, partly purged, erased."""
    told = describe(day, TODAY, sealed)
    assert told.state == state
    assert words in told.about
