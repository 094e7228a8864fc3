"""What is wrong at a site, from its portrait."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from portal.console.attention import Weight
from portal.console.estate import AccessPoint, Gateway, Nas, Reading, Site
from portal.console.site_page.diagnosis import REFUSED_IN_ROW, diagnose, listed
from portal.console.site_page.portrait import Answers, NasDay, People, Portrait, Visit
from territory.health.states import State
from territory.site_test.readings import NasSeen

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)


def reading(state: State, code: str = "answers", **more: Any) -> Reading:
    """Found an hour ago."""
    return Reading(state, "", NOW - HOUR, NOW, None, code, **more)


def portrait(
    *radios: Reading,
    nas: Reading | None = None,
    changes: dict[str, Any] | None = None,
    **seen: Any,
) -> Portrait:
    """A site with one NAS and these access points; `changes` overrule what is known of its day."""
    up = nas or reading(State.UP)
    one = Nas(uuid4(), "nas", "10.0.0.1", None, "always", NOW, NOW, 0, 0, 0, up, **seen)
    site = Site(
        id=uuid4(),
        code="mairie",
        name="Mairie",
        organisation="Commune",
        commune="Commercy",
        postal_address=None,
        place_type="mairie",
        link="tunnel",
        plan="4 h",
        networks=(),
        gateways=(Gateway("gw", "coovachilli", None, "10.1.0.1:3990", (one,)),),
        access_points=tuple(
            AccessPoint(uuid4(), f"ap-{n}", f"Borne {n}", None, None, each)
            for n, each in enumerate(radios, start=1)
        ),
        open_sessions=0,
    )
    good = NasSeen("nas", "10.0.0.1", "", 3799, access_at=NOW, accounting_at=NOW, clock_seconds=0)
    day: dict[str, Any] = {
        "seen": good,
        "reply_seconds": 0.003,
        "slow_share": 0.0,
        "refused_in_row": 0,
        "refused_since": None,
        "visit": None,
    }
    return Portrait(site, NOW, People(0, 0), days={"nas": NasDay(**day | (changes or {}))})


def test_all_is_well() -> None:
    """Asleep is no fault."""
    assert diagnose(portrait(reading(State.UP), reading(State.ASLEEP))) == []


def test_what_fails_alike_is_told_once_the_worst_first_consequences_last() -> None:
    """With cause and first thing to try, since the first of them."""
    problems = diagnose(
        portrait(
            reading(State.DEGRADED, "lossy"),
            reading(State.DOWN, "alone_silent"),
            reading(State.DOWN, "alone_silent"),
            reading(State.DOWN, "site_silent", consequence=True),
        )
    )
    assert [(each.weight, each.title.replace("\u00a0", " ")) for each in problems] == [
        (Weight.BAD, "Borne 2 et Borne 3 : en panne"),
        (Weight.WARN, "Borne 1 : dégradé"),
        (Weight.PLAIN, "Borne 4 : en panne"),
    ]
    assert "câble" in problems[0].words.cause
    assert problems[0].words.first_thing
    assert problems[0].since == NOW - HOUR


def test_a_reason_of_an_older_or_newer_version_is_told_as_it_stands() -> None:
    """The sentence that supervision wrote is never lost."""
    old = Reading(State.DOWN, "ne répond plus au ping", NOW, NOW, None)
    new = Reading(State.DOWN, "mangé par un castor", NOW, NOW, None, "beaver")
    assert {each.words.observed for each in diagnose(portrait(old, new))} == {
        old.reason,
        new.reason,
    }


def visit(failures: int, until: datetime = NOW + HOUR) -> Visit:
    """A synthetic guest's log-in."""
    return Visit(NOW, failures == 0, "refusé par RADIUS", {}, "access", failures, NOW - HOUR, until)


def test_a_synthetic_guest_that_fails_twice_is_bad() -> None:
    """Once may be the way; an old one proves nothing of now."""
    weights = [
        [each.weight for each in diagnose(portrait(changes={"visit": visit(failures)}))]
        for failures in (0, 1, 2)
    ]
    assert weights == [[], [Weight.WARN], [Weight.BAD]]
    assert diagnose(portrait(changes={"visit": visit(2, until=NOW)})) == []


def test_refusals_in_a_row_are_told_with_the_commonest_reason_of_people() -> None:
    """Phones that are not known yet are no refusals of people."""
    seen = portrait(changes={"refused_in_row": REFUSED_IN_ROW, "refused_since": NOW - HOUR})
    new = Answers("nas", False, "unknown_device", "Inconnu.", "", 90, NOW)
    closed = Answers("nas", False, "closed", "Le lieu était fermé.", "Voyez ses horaires.", 20, NOW)
    (problem,) = diagnose(seen)
    assert "plus d'un jour" in problem.words.observed
    told = Portrait(seen.site, NOW, seen.people, days=seen.days, answers=[new, closed])
    (problem,) = diagnose(told)
    assert (problem.words.observed, problem.words.first_thing) == (closed.says, closed.remedy)
    assert (told.arrivals, told.refused("nas"), told.accepted("nas")) == (90, 20, 0)


def test_one_thing_is_told_once() -> None:
    """Supervision's reason gives way where the page knows more of the same, and only there."""
    off = reading(State.DEGRADED, "clock_wrong")
    late = NasSeen(
        "nas", "10.0.0.1", "", 3799, access_at=NOW, accounting_at=NOW, clock_seconds=-400
    )
    (alone,) = diagnose(portrait(nas=off))
    (better,) = diagnose(portrait(nas=off, changes={"seen": late}))
    assert (alone.title, better.by_secret) == ("nas\u00a0: dégradé", False)
    assert "6 minute" in better.words.observed
    assert len(diagnose(portrait(nas=reading(State.DOWN, "silent"), changes={"seen": late}))) == 2


def test_what_radius_tells_is_judged_by_the_site_test() -> None:
    """A wrong secret leads to the secret's page; what is well says nothing."""
    late = {"message-authenticator": NOW}
    wrong = NasSeen("nas", "10.0.0.1", "", 3799, access_at=NOW - HOUR, discards=late)
    problems = diagnose(portrait(changes={"seen": wrong}))
    assert [(each.weight, each.by_secret) for each in problems] == [
        (Weight.BAD, True),
        (Weight.BAD, False),
    ]
    assert problems[0].title.replace("\u00a0", " ") == "nas : secret partagé de RADIUS"


def test_a_secret_being_renewed_is_said_and_leads_to_its_page() -> None:
    """And whether it is the gateway that is waited for."""
    (waiting,) = diagnose(portrait(rotation_began_at=NOW))
    (ready,) = diagnose(portrait(rotation_began_at=NOW, next_secret_at=NOW))
    assert (waiting.weight, waiting.by_secret) == (Weight.PLAIN, True)
    assert "n'a pas encore le nouveau" in waiting.words.observed
    assert "peut être retiré" in ready.words.observed


def test_names_are_listed_as_french_does() -> None:
    """Many are counted."""
    assert listed(["a"]) == "a"
    assert listed("ab") == "a et b"
    assert listed("abc") == "a, b et c"
    assert listed("abcdef") == "a, b, c, d et 2 de plus"
