"""Who is told what, and when: from what is broken and what was told, never from what happened."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from supervision.alerts.incidents import Incident, State
from supervision.alerts.telling import (
    Ledger,
    News,
    Policy,
    Recipient,
    Told,
    What,
    digest_for,
    news_for,
)
from territory.rules.opening_hours import Hours, Timetable
from tests.unit.supervision.alerts.ground import HOUR, MINUTE, NOW, incident

ON_CALL = Hours(Timetable("07:00-22:00"))
ANNE = Recipient("anne", ON_CALL)
POLICY = Policy(
    working=Hours(Timetable("Mo-Fr 08:00-18:00; PH off")),
    gather=timedelta(seconds=30),
    most_an_hour=4,
    remind_after=4 * HOUR,
    digest_hour=8,
)
NIGHT = NOW.replace(hour=22)
"""23 h 00 in Paris."""
MORNING = (NOW + timedelta(days=1)).replace(hour=6, minute=30)
"""7 h 30, a Saturday."""


class Desk:
    """Somebody who remembers what they were told."""

    def __init__(self, recipient: Recipient = ANNE) -> None:
        self.recipient = recipient
        self.told: set[Told] = set()
        self.sent_at: list[tuple[str, datetime]] = []

    def hear(self, *incidents: Incident, at: datetime = NOW) -> list[What]:
        """Return what this message tells, and remember it."""
        ledger = Ledger(self.told, self.sent_at)
        return self._take(news_for(self.recipient, incidents, ledger, POLICY, at), at)

    def read(self, *incidents: Incident, at: datetime) -> list[str]:
        """Return whose names the morning's digest has."""
        ledger = Ledger(self.told, self.sent_at)
        digest = digest_for(self.recipient, incidents, ledger, POLICY, at)
        self._take(digest, at)
        return [each.incident.key[0] for each in digest]

    def _take(self, news: tuple[News, ...], at: datetime) -> list[What]:
        self.told |= {
            Told(each.incident.id, self.recipient.name, each.what, each.turn) for each in news
        }
        if news:
            self.sent_at.append((self.recipient.name, at))
        return [each.what for each in news]


def test_once_when_it_breaks_and_once_when_it_recovers() -> None:
    """However often one looks, and whatever it does in between."""
    anne = Desk()
    assert anne.hear(incident(state=State.PENDING)) == []
    assert anne.hear(incident()) == [What.BROKEN]
    assert anne.hear(incident()) == anne.hear(incident(state=State.ENDING)) == []
    assert anne.hear(incident(state=State.OVER)) == [What.MENDED]
    assert anne.hear(incident(state=State.OVER)) == []


def test_what_comes_back_is_told_once_for_each_return() -> None:
    """And its end once more."""
    anne = Desk()
    anne.hear(incident())
    anne.hear(incident(state=State.OVER))
    assert anne.hear(incident(returns=1)) == [What.BROKEN]
    assert anne.hear(incident(returns=1)) == []
    assert anne.hear(incident(state=State.OVER, returns=1)) == [What.MENDED]


def test_what_was_never_told_does_not_recover() -> None:
    """An end without a beginning would only puzzle."""
    assert Desk().hear(incident(state=State.OVER)) == []


def test_a_site_waits_for_the_hours_on_call_the_base_does_not() -> None:
    """What is over by morning is not told as if it were not: it is in the digest."""
    anne, base = Desk(), incident(None, alert="ArchiveLate", acknowledged_at=NOW)
    assert anne.hear(incident(), at=NIGHT) == []
    assert anne.hear(incident(), base, at=NIGHT) == [What.BROKEN]
    assert anne.hear(incident(), base, at=MORNING) == [What.BROKEN]
    other = Desk()
    assert other.hear(incident(state=State.OVER), at=MORNING) == []
    assert other.read(incident(state=State.OVER), at=MORNING + HOUR) == ["SiteDown"]


def test_what_is_hidden_is_not_told_until_it_stands_by_itself() -> None:
    """Neither that it broke, nor a reminder, nor in the digest: work may be announced meanwhile."""
    anne = Desk()
    hidden = incident(began_at=NOW - 9 * HOUR)
    assert anne.hear(replace(hidden, is_hidden=True)) == []
    assert anne.read(replace(hidden, severity="warning", is_hidden=True), at=NOW) == []
    assert anne.hear(hidden) == [What.BROKEN]
    assert anne.hear(replace(hidden, is_hidden=True)) == []


def test_warnings_are_for_working_hours_and_for_who_asks() -> None:
    """To the others, the morning's digest tells."""
    warning = incident(alert="EquipmentDown", severity="warning")
    assert Desk().hear(warning) == []
    asks = Recipient("bob", ON_CALL, takes_warnings=True)
    assert Desk(asks).hear(warning) == [What.BROKEN]
    assert Desk(asks).hear(warning, at=MORNING + HOUR) == []  # a Saturday


def test_what_breaks_together_is_told_together() -> None:
    """One message: it goes when the first has waited long enough, and takes all along."""
    fresh = [incident(f"site-{n}", began_at=NOW - 2 * MINUTE) for n in range(9)]
    anne = Desk()
    assert anne.hear(*fresh, at=NOW) == []
    older = replace(fresh[0], opened_at=NOW - timedelta(seconds=30))
    assert anne.hear(older, *fresh[1:], at=NOW) == [What.BROKEN] * 9


def test_beyond_so_many_an_hour_one_message_tells_the_rest() -> None:
    """Nothing is lost: it waits, then comes at once."""
    anne = Desk()
    incidents = [incident(f"site-{n}") for n in range(6)]
    heard = [anne.hear(*incidents[: n + 1], at=NOW + n * MINUTE) for n in range(6)]
    assert [len(each) for each in heard] == [1, 1, 1, 1, 0, 0]
    assert anne.hear(*incidents, at=NOW + HOUR) == [What.BROKEN] * 2


def test_nobody_acknowledged_is_told_once_more_and_to_the_stand_in() -> None:
    """After so many hours; a stand-in hears of nothing else, but of its end too."""
    anne, stand_in = Desk(), Desk(Recipient("bob", ON_CALL, is_stand_in=True))
    long_ago = incident(None, began_at=NOW - 5 * HOUR)
    assert anne.hear(incident()) == [What.BROKEN]
    assert stand_in.hear(incident()) == []
    anne = Desk()
    assert anne.hear(long_ago) == [What.BROKEN]
    assert anne.hear(long_ago) == [What.REMINDER]
    assert anne.hear(long_ago) == []
    assert stand_in.hear(long_ago) == [What.REMINDER]
    over = replace(long_ago, state=State.OVER, changed_at=NOW - MINUTE)
    assert anne.hear(over) == stand_in.hear(over) == [What.MENDED]


@pytest.mark.parametrize("severity", ["critical", "warning"])
def test_acknowledged_is_not_told_again(severity: str) -> None:
    """Reminders stop; the end is told all the same. A warning is never repeated."""
    anne = Desk(Recipient("anne", None, takes_warnings=True))
    at = NOW if severity == "critical" else None
    known = incident(None, severity=severity, began_at=NOW - 5 * HOUR, acknowledged_at=at)
    assert anne.hear(known) == [What.BROKEN]
    assert anne.hear(known) == []
    assert anne.hear(replace(known, state=State.OVER, changed_at=NOW - MINUTE)) == [What.MENDED]


def test_what_only_a_decision_ends_is_told_each_morning() -> None:
    """Once a day while it lasts, also to who was told at once, acknowledged or not."""
    eight = MORNING.replace(hour=7, minute=0)  # 8 h 00 in Paris
    asked = incident(alert="InjunctionUnknown", severity="warning", began_at=eight - HOUR)
    anne, day = Desk(), timedelta(days=1)
    assert anne.read(asked, at=eight - MINUTE) == []
    for morning in (eight, eight + day, eight + 2 * day):
        assert anne.read(asked, at=morning) == ["InjunctionUnknown"]
        assert anne.read(asked, at=morning + HOUR) == []
    over = replace(asked, state=State.OVER, changed_at=eight + 2 * day)
    assert anne.read(over, at=eight + 3 * day) == []


def test_a_hold_that_nobody_executed_is_told_at_once_and_each_morning() -> None:
    """Its data are lost with its day: at any hour first, then daily, however it was taken."""
    eight = MORNING.replace(hour=7, minute=0)  # 8 h 00 in Paris
    lost = incident(None, alert="HoldUnexecuted", began_at=eight - HOUR)
    anne, day = Desk(), timedelta(days=1)
    assert anne.hear(lost, at=eight - HOUR / 2) == [What.BROKEN]
    for morning in (eight, eight + day, eight + 2 * day):
        assert anne.read(lost, at=morning) == ["HoldUnexecuted"]
        assert anne.read(lost, at=morning + HOUR) == []


def test_the_digest_has_what_was_not_told_once() -> None:
    """From its hour on; what opens later waits for the next; what is told at once is not in it."""
    eight = MORNING.replace(hour=7, minute=0)  # 8 h 00 in Paris
    warning = incident(alert="NasClockWrong", severity="warning", began_at=eight - 9 * HOUR)
    late = incident(alert="PortalSlow", severity="warning", began_at=eight)
    critical = incident(began_at=eight - HOUR)
    anne = Desk()
    assert anne.read(warning, late, critical, at=eight - MINUTE) == []
    assert anne.read(warning, late, critical, at=eight) == ["NasClockWrong"]
    assert anne.read(warning, late, critical, at=eight + HOUR) == []
    assert anne.read(warning, late, at=eight + timedelta(days=1)) == ["PortalSlow"]
    assert Desk(replace(ANNE, takes_digest=False)).read(warning, at=eight) == []
