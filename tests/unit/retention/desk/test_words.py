"""The desk's words: an hour with its zone means one instant, or is refused in French."""

from datetime import datetime

import pytest

from retention.desk.words import fault_sentences, with_zone
from territory.errors import Fault


@pytest.mark.parametrize(
    ("text", "zone", "instant"),
    [
        ("2026-11-20T14:03:00", "Europe/Paris", "2026-11-20T14:03:00+01:00"),
        ("2026-07-20T14:03", "Europe/Paris", "2026-07-20T14:03:00+02:00"),
        ("2026-11-20T14:03:00", "UTC", "2026-11-20T14:03:00+00:00"),
        ("2026-10-25T02:30:00", "+02:00", "2026-10-25T02:30:00+02:00"),
        ("2026-10-25T02:30:00", "+01:00", "2026-10-25T02:30:00+01:00"),
    ],
)
def test_an_hour_with_its_zone_is_an_instant(text: str, zone: str, instant: str) -> None:
    """Summer and winter time are Paris's own."""
    assert with_zone(text, zone) == instant
    assert datetime.fromisoformat(with_zone(text, zone)).tzinfo


@pytest.mark.parametrize(
    ("text", "zone", "sentence"),
    [
        ("2026-10-25T02:30:00", "Europe/Paris", "deux fois"),
        ("2026-03-29T02:30:00", "Europe/Paris", "n'existe pas"),
        ("2026-11-20T", "Europe/Paris", "instant"),
        ("2026-11-20T14:03:00", "Mars", "instant"),
        ("2026-11-20T14:03:00+01:00", "UTC", "instant"),
    ],
)
def test_an_hour_that_means_two_or_none_is_refused(text: str, zone: str, sentence: str) -> None:
    """The night the clock goes back, 2:30 exists twice: the form asks which."""
    with pytest.raises(ValueError, match=sentence):
        with_zone(text, zone)


def test_each_fault_has_a_sentence() -> None:
    """In French, each once, whatever the key."""
    faults = [Fault("port", "x"), Fault("port", "y"), Fault("other", "z")]
    assert fault_sentences(faults) == [
        "Le port va de 1 à 65535 ; laissez vide s'il n'est pas communiqué.",
        "La demande est incomplète.",
    ]
