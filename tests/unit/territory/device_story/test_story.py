"""Why a device is or is not online: a table, in both languages."""

import pytest

from radius.policy import Reason
from territory.device_story.english import ENGLISH
from territory.device_story.french import FRENCH
from territory.device_story.history import History
from territory.device_story.story import Verdict, Words, explain, judge
from tests.unit.territory.device_story.sample import (
    admission,
    answer,
    at,
    block,
    command,
    discarded,
    online,
    over,
)

CASES = [
    (History(sessions=(online(1, 50),)), Verdict.ONLINE, "since 2026-11-20 12:01:00 UTC"),
    (
        History(sessions=(online(1, 50),), blocks=(block(40),)),
        Verdict.ONLINE_BLOCKED,
        "though it is blocked (téléchargements massifs)",
    ),
    (History(sessions=(over(1, 40),), blocks=(block(40),)), Verdict.BLOCKED, "by technicien@"),
    (History(blocks=(block(40, 90),)), Verdict.BLOCKED, "it is blocked"),
    (History(blocks=(block(10, 50),)), Verdict.UNKNOWN, "Nothing was seen"),
    (History(discards=(discarded(),)), Verdict.UNKNOWN, "Nothing was seen"),
    (
        History(answers=(answer(1), answer(30, "reject", "used_up")), sessions=(over(1, 29),)),
        Verdict.REFUSED,
        "It had used up its data.",
    ),
    (History(answers=(answer(1),)), Verdict.UNREPORTED, "mairie-commercy-nas has reported"),
    (
        History(answers=(answer(1, "accept", "sent_to_portal"),)),
        Verdict.AT_THE_PORTAL,
        "sent to the log-in page by mairie-commercy-nas",
    ),
    (
        History(answers=(answer(1),), sessions=(online(1, 20),)),
        Verdict.SILENT,
        "last reported it 2026-11-20 12:20:00 UTC",
    ),
    (
        History(answers=(answer(1),), sessions=(over(1, 40, 4),)),
        Verdict.OVER,
        "The device was idle for too long.",
    ),
    (History(sessions=(over(1, 40, -3),)), Verdict.OVER, "Closed by us"),
    (History(admissions=(admission(),)), Verdict.WAITING, "has not used it yet"),
]


@pytest.mark.parametrize(("history", "verdict", "words"), CASES)
def test_a_device_is_online_or_there_is_a_reason(
    history: History, verdict: Verdict, words: str
) -> None:
    """An hour after noon: the verdict in words, in French as well, every fact in its place."""
    story = explain(history, at(60), ENGLISH)
    assert (story.verdict, judge(history, at(60))) == (verdict, verdict)
    assert words in story.summary
    french = explain(history, at(60), FRENCH)
    for text in (story.summary, story.advice, french.summary, french.advice):
        assert "{" not in text
    if not verdict.is_online:
        assert story.advice
        assert french.advice


def test_the_story_is_told_in_order() -> None:
    """Granted, used, let in, refused, online, disconnected: as it happened."""
    history = History(
        admissions=(admission(revoked_at=at(55), revoked_reason="logged_out"),),
        answers=(answer(2), answer(1, "reject", "unknown_device"), answer(1.5, "accept")),
        sessions=(over(2, 51, 6),),
        discards=(discarded(),),
        commands=(command("closed", "session terminée"),),
    )
    lines = explain(history, at(60), ENGLISH).lines
    assert [line.text.split(" ")[0] for line in lines] == [
        *("Granted", "12", "First", "Refused", "Let", "Session", "technicien@meuse.example"),
        *("Session", "Its"),
    ]
    assert [line.at for line in lines] == sorted(line.at for line in lines)
    assert "1.5 MB sent, 2.5 GB received. An administrator ended it." in lines[7].text


def test_like_answers_are_one_line() -> None:
    """A gateway that asks again every minute fills no page."""
    again = tuple(answer(minute, "reject", "ended") for minute in range(10))
    (line,) = explain(History(answers=again), at(60), ENGLISH).lines
    assert line.text.endswith("Its right was over. 10 times, until 2026-11-20 12:09:00 UTC.")
    assert line.advice == "Open the log-in page again."


@pytest.mark.parametrize(
    ("minutes", "verdict"),
    [(0.5, Verdict.WAITING), (5, Verdict.ONLINE), (45, Verdict.OVER), (300, Verdict.OVER)],
)
def test_an_earlier_instant_knows_nothing_of_later(minutes: float, verdict: Verdict) -> None:
    """`--at`: as it was then."""
    history = History(
        admissions=(admission(),), answers=(answer(1),), sessions=(over(1, 40), over(290, 299))
    )
    story = explain(history, at(minutes), ENGLISH)
    assert story.verdict is verdict
    assert all(line.at <= at(minutes) for line in story.lines)


@pytest.mark.parametrize("words", [ENGLISH, FRENCH])
def test_every_reason_of_the_policy_has_its_words(words: Words) -> None:
    """A refusal always says what to do, except where all is well."""
    assert set(words.reasons) >= set(Reason)
    well = {Reason.FIRST_USE, Reason.SHOWN_AGAIN, Reason.KNOWN_DEVICE, Reason.FROM_MEMORY}
    for reason in set(Reason) - well:
        sentence, advice = words.reason(reason)
        assert sentence.endswith(".")
        assert advice.endswith(".")


def test_both_languages_say_the_same_things() -> None:
    """No sentence in one that is missing in the other."""
    for name in ("verdicts", "events", "reasons", "discards", "causes", "methods"):
        assert set(getattr(ENGLISH, name)) == set(getattr(FRENCH, name))
    assert set(ENGLISH.verdicts) == set(Verdict)


@pytest.mark.parametrize("words", [ENGLISH, FRENCH])
def test_what_has_no_sentence_is_shown_as_it_is(words: Words) -> None:
    """A word of a later version, a vendor's own cause."""
    history = History(
        answers=(answer(1, "reject", "brand_new"),),
        sessions=(over(2, 3, 9001),),
        discards=(discarded("odd", None),),
    )
    told = " ".join(line.text for line in explain(history, at(60), words).lines)
    for word in ("brand_new", "9001", "odd", "10.99.0.3"):
        assert word in told


def test_an_unknown_nas_is_offered_as_the_line_to_write() -> None:
    """The address is put into the advice."""
    history = History(discards=(discarded("unknown-nas", None),))
    (line,) = explain(history, at(60), ENGLISH).lines
    assert "source_address: 10.99.0.3" in line.advice


def test_sizes_and_spans_are_short() -> None:
    """As people say them."""
    assert [ENGLISH.size(n) for n in (12, 1500, 2_500_000)] == ["12 octets", "1.5 kB", "2.5 MB"]
    assert [FRENCH.size(n) for n in (1500, 3 * 10**9)] == ["1,5\u00a0ko", "3,0\u00a0Go"]
    assert [ENGLISH.span(n) for n in (12, 240, 11_100)] == ["12 s", "4 min", "3 h 05 min"]
    assert FRENCH.span(11_100) == "3\u00a0h\u00a005"
