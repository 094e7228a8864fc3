"""The desk's words: an hour with its zone means one instant, or is refused in French."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from retention.cases.question import ask
from retention.desk.words import fault_sentences, length, question_facts, remaining, with_zone
from territory.errors import Fault


@pytest.mark.parametrize(
    ("text", "zone", "instant"),
    [
        ("2026-11-20T14:03:00", "Europe/Paris", "2026-11-20T14:03:00+01:00"),
        ("2026-07-20T14:03", "Europe/Paris", "2026-07-20T14:03+02:00"),
        ("2026-11-20T14:03:00", "UTC", "2026-11-20T14:03:00+00:00"),
        ("2026-10-25T02:30:00", "+02:00", "2026-10-25T02:30:00+02:00"),
        ("2026-10-25T02:30:00", "+01:00", "2026-10-25T02:30:00+01:00"),
    ],
)
def test_an_hour_with_its_zone_is_an_instant(text: str, zone: str, instant: str) -> None:
    """Summer and winter time are Paris's own; seconds that were not written are not made up."""
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


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (25, "reste 25 min"),
        (130, "reste 2 h 10"),
        (4560, "reste 3 j 4 h"),
        (-130, "en retard de 2 h 10"),
    ],
)
def test_what_remains_is_counted_down(minutes: int, words: str) -> None:
    """Days and hours, hours and minutes, minutes; and how late it is."""
    now = datetime(2026, 11, 20, 14, tzinfo=UTC)
    assert remaining(now + timedelta(minutes=minutes), now) == words
    assert length(timedelta(minutes=abs(minutes))) in words


@pytest.mark.parametrize(
    ("at", "seconds", "precision"),
    [
        ("2026-11-17T10:15:00Z", 0, "à la seconde près"),
        ("2026-11-17T10:15:00Z", 30, "à la seconde près, 30 secondes avant et après"),
        ("2026-11-17T10:15Z", 0, "à la minute près"),
    ],
)
def test_how_finely_an_instant_was_written_is_told(at: str, seconds: int, precision: str) -> None:
    """Beside the margin around it."""
    now, address = datetime(2026, 11, 20, tzinfo=UTC), "192.0.2.10"
    question = ask(now, public_address=address, at=at, uncertainty_seconds=seconds)
    assert dict(question_facts(question, {}))["Précision"] == precision


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        (
            {"public_address": "192.0.2.10", "at": "2026-11-17T10:15:00Z"},
            ("Adresse publique", "192.0.2.10"),
        ),
        (
            {"kind": "device", "device": "020000000001"},
            ("Appareil (adresse MAC)", "02:00:00:00:00:01"),
        ),
        (
            {"kind": "person", "identifier_kind": "phone", "identifier": "06"},
            ("Numéro de téléphone", "06"),
        ),
        ({"kind": "site", "site": "verdun"}, ("Lieu", "Mairie de Verdun")),
    ],
)
def test_a_question_is_told_as_it_was_asked(asked: dict[str, Any], first: tuple[str, str]) -> None:
    """Each kind by its own names; a site by its name."""
    times = {"since": "2026-11-17T08:00:00Z", "until": "2026-11-17T09:30:00Z"}
    question = ask(
        datetime(2026, 11, 20, tzinfo=UTC), **(times if "kind" in asked else {}), **asked
    )
    facts = question_facts(question, {"verdun": "Mairie de Verdun"})
    assert facts[0] == first
    assert ("Durée", "1 h 30") in facts or question.kind == "address"
