"""What a message says: short, in French, on the territory's clock, with one link."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from supervision.alerts.incidents import State
from supervision.alerts.letters import Desk, write_digest, write_news
from supervision.alerts.telling import News, What
from tests.unit.supervision.alerts.ground import MINUTE, NOW, incident

PARIS = Desk(ZoneInfo("Europe/Paris"), "https://wifi.meuse.example")


def test_an_outage() -> None:
    """What, where, since when; the cause, the first thing to try; the site's page."""
    written = write_news([News(What.BROKEN, incident())], PARIS, NOW)
    assert written.subject == "Mairie de Commercy : le Wi-Fi ne répond plus, depuis 14 h 00"
    assert written.body == (
        "Muet. Cause probable : courant coupé. À essayer d’abord : appeler le lieu."
        "\n\nHeures : heure de Paris."
    )
    assert written.link == "https://wifi.meuse.example/console/lieux/commercy"
    assert written.urgency == "critical"


def test_a_recovery() -> None:
    """How long it lasted."""
    written = write_news([News(What.MENDED, incident(state=State.OVER))], PARIS, NOW)
    assert written.subject == "Rétabli : Mairie de Commercy : le Wi-Fi ne répond plus"
    assert written.body.startswith("Panne de 14 h 00 à 14 h 57, soit 57 min.")
    assert written.urgency == "mended"


def test_another_day_is_named() -> None:
    """A night's outage, read in the morning."""
    night = incident(state=State.OVER, began_at=NOW - timedelta(hours=17))
    written = write_news([News(What.MENDED, night)], PARIS, NOW)
    assert written.body.startswith("Panne du 19 nov. à 22 h 00 au 20 nov. à 14 h 57, soit 16 h 57.")
    still = write_news([News(What.BROKEN, replace(night, state=State.OPEN))], PARIS, NOW)
    assert still.subject.endswith("depuis le 19 nov. à 22 h 00")
    on_the_first = replace(night, began_at=datetime(2026, 10, 31, 23, 30, tzinfo=UTC))
    long = write_news([News(What.BROKEN, replace(on_the_first, state=State.OPEN))], PARIS, NOW)
    assert long.subject.endswith("depuis le 1er nov. à 00 h 30")


@pytest.mark.parametrize(
    ("zone", "hour", "name"),
    [
        ("Indian/Reunion", "17 h 00", "heure de Reunion"),
        ("America/St_Barthelemy", "09 h 00", "heure de St Barthelemy"),
    ],
)
def test_overseas(zone: str, hour: str, name: str) -> None:
    """The territory's clock, and its name."""
    written = write_news([News(What.BROKEN, incident())], replace(PARIS, zone=ZoneInfo(zone)), NOW)
    assert written.subject.endswith(f"depuis {hour}")
    assert written.body.endswith(f"Heures : {name}.")


def test_a_reminder_and_a_return_say_so() -> None:
    """A reminder says that nobody has taken it; a return, that what follows is silence."""
    reminder = write_news([News(What.REMINDER, incident())], PARIS, NOW)
    assert reminder.subject.startswith("Rappel : Mairie de Commercy")
    assert "Personne ne l’a encore pris en charge" in reminder.body
    again = write_news([News(What.BROKEN, incident(returns=1))], PARIS, NOW)
    assert ", de nouveau depuis 14 h 00" in again.subject
    assert "Cela va et vient" in again.body


def test_many_at_once_are_counted() -> None:
    """One subject, the first twenty in the text, and the page of all."""
    broken = [News(What.BROKEN, incident(f"site-{n}")) for n in range(25)]
    written = write_news([*broken, News(What.MENDED, incident(state=State.OVER))], PARIS, NOW)
    assert written.subject == "25 pannes, 25 lieux ; 1 rétablissement"
    assert written.body.count("depuis 14 h 00") == 20
    assert "Et 6 de plus, dans la console." in written.body
    assert written.link == "https://wifi.meuse.example/console/incidents"
    base = News(What.BROKEN, incident(None, alert="ArchiveLate"))
    assert write_news([base, broken[0]], PARIS, NOW).subject == "2 pannes"


def test_the_digest() -> None:
    """A line for each, what is over and what is not."""
    over = incident("a", State.OVER, began_at=NOW - 9 * MINUTE)
    written = write_digest([News(What.DIGEST, each) for each in (over, incident("b"))], PARIS, NOW)
    assert written.subject == "Résumé : 2 incidents, 1 en cours"
    assert written.body.splitlines()[:2] == [
        "• Mairie de A : le Wi-Fi ne répond plus. Panne de 14 h 51 à 14 h 57, soit 6 min.",
        "• Mairie de B : le Wi-Fi ne répond plus, depuis 14 h 00 : en cours.",
    ]
