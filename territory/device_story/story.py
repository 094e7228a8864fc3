"""A device's story: what happened to it, in order, and why it is or is not online. Pure.

One function for the command line and for the console; the words of each language are data
(`english.py`, `french.py`). The verdict is the first of these that is true at that instant:

1. an accounting session is live: **online**, or, where a block is in force, online in spite of it;
2. a block is in force: **blocked**;
3. nothing of the device was ever seen: **unknown**;
4. its last answer was a refusal, and nothing but sessions that ended came after: **refused**;
5. it was let in, and no accounting of it followed: **unreported**;
6. its last session is open, but its NAS has been silent too long: **silent**;
7. its last session ended: **over**;
8. it has a right and has not used it: **waiting**.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import Final

from territory.device_story.history import (
    Admission,
    Answer,
    Block,
    Command,
    Discarded,
    History,
    Online,
    as_of,
)

_ACCEPT: Final = "accept"
_SENT_TO_PORTAL: Final = "sent_to_portal"


class Verdict(StrEnum):
    """Whether the device is online, and why."""

    ONLINE = "online"
    ONLINE_BLOCKED = "online_blocked"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    AT_THE_PORTAL = "at_the_portal"
    UNREPORTED = "unreported"
    SILENT = "silent"
    OVER = "over"
    WAITING = "waiting"

    @property
    def is_online(self) -> bool:
        """Whether it is online as far as can be known."""
        return self in {Verdict.ONLINE, Verdict.ONLINE_BLOCKED}


_ABOUT_ITS_ANSWER: Final = frozenset({Verdict.REFUSED, Verdict.AT_THE_PORTAL, Verdict.UNREPORTED})


@dataclass(frozen=True, slots=True)
class Line:
    """Something that happened, in words."""

    at: datetime
    text: str
    advice: str = ""
    """What to do about it; empty: nothing."""


@dataclass(frozen=True, slots=True)
class Story:
    """What to tell of a device."""

    verdict: Verdict
    summary: str
    """Whether it is online and why, in a sentence or two."""
    advice: str
    lines: tuple[Line, ...]
    """In the order in which it happened."""


@dataclass(frozen=True, slots=True)
class Words:
    """One language. Sentences have places for facts: `{site}`, `{nas}`, `{until}`..."""

    verdicts: Mapping[Verdict, tuple[str, str]]
    """The summary and the advice."""
    events: Mapping[str, str]
    """A sentence for each kind of event, by the names used below."""
    reasons: Mapping[str, tuple[str, str]]
    """Why an Access-Request was answered so, and what to do."""
    discards: Mapping[str, tuple[str, str]]
    """Why packets were left without an answer, and what to do."""
    causes: Mapping[int, str]
    """Acct-Terminate-Cause; negative: concluded by the base."""
    methods: Mapping[str, str]
    """How a guest identified."""
    other_cause: str
    """With `{cause}`, a number."""
    moment: Callable[[datetime], str]
    size: Callable[[int], str]
    """Octets."""
    span: Callable[[int], str]
    """Seconds."""

    def reason(self, word: str) -> tuple[str, str]:
        """Return a reason's sentence and advice; the word itself where it has none."""
        return self.reasons.get(word, (word, ""))

    def cause(self, number: int | None) -> str:
        """Return why a session ended."""
        known = self.causes.get(number or 0)
        return known or self.other_cause.format(cause=number)


def explain(history: History, now: datetime, words: Words) -> Story:
    """Return what to tell of a device at `now`; what came later is left out."""
    known = as_of(history, now)
    verdict = judge(known, now)
    facts = _facts(known, verdict, words)
    summary, advice = words.verdicts[verdict]
    lines = sorted(_lines(known, now, words), key=lambda line: line.at)
    return Story(verdict, summary.format(**facts), advice.format(**facts), tuple(lines))


def judge(history: History, now: datetime) -> Verdict:
    """Return whether the device is online at `now`, and why; see the rules above."""
    blocked = _block_in_force(history, now) is not None
    if any(each.ended_at is None and now < each.live_until for each in history.sessions):
        return Verdict.ONLINE_BLOCKED if blocked else Verdict.ONLINE
    if blocked:
        return Verdict.BLOCKED
    if history.is_empty:
        return Verdict.UNKNOWN
    return _offline(history)


def _offline(history: History) -> Verdict:
    answer, session = _last_answer(history), _last_session(history)
    heard_at = session.last_seen_at if session else None
    if answer is not None and (heard_at is None or answer.at > heard_at):
        if answer.reason == _SENT_TO_PORTAL:
            return Verdict.AT_THE_PORTAL
        return Verdict.UNREPORTED if answer.outcome == _ACCEPT else Verdict.REFUSED
    if session is None:
        return Verdict.WAITING
    return Verdict.SILENT if session.ended_at is None else Verdict.OVER


def _last_answer(history: History) -> Answer | None:
    return max(history.answers, key=lambda each: each.at, default=None)


def _last_session(history: History) -> Online | None:
    return max(history.sessions, key=lambda each: each.last_seen_at, default=None)


def _block_in_force(history: History, now: datetime) -> Block | None:
    in_force = (b for b in history.blocks if b.until is None or now < b.until)
    return max(in_force, key=lambda each: each.since, default=None)


def _facts(history: History, verdict: Verdict, words: Words) -> dict[str, str]:
    """Return what a verdict's sentence may speak of."""
    answer, session = _last_answer(history), _last_session(history)
    block = max(history.blocks, key=lambda each: each.since, default=None)
    facts = {"why": "", "advice": ""}
    if session:
        facts |= {"site": session.site, "nas": session.nas}
        facts |= {"since": words.moment(session.started_at)}
        facts |= {"heard": words.moment(session.last_seen_at)}
        facts |= {"cause": words.cause(session.terminate_cause)}
    if answer and verdict in _ABOUT_ITS_ANSWER:
        why, advice = words.reason(answer.reason)
        facts |= {"site": answer.site, "nas": answer.nas, "why": why, "advice": advice}
    if block and verdict in {Verdict.BLOCKED, Verdict.ONLINE_BLOCKED}:
        facts |= {"why": block.reason, "by": block.by}
    return facts


def _lines(history: History, now: datetime, words: Words) -> Iterator[Line]:
    for admission in history.admissions:
        yield from _admission_lines(admission, now, words)
    yield from _answer_lines(history.answers, words)
    for session in history.sessions:
        yield from _session_lines(session, now, words)
    for discarded in history.discards:
        yield _discard_line(discarded, words)
    for block in history.blocks:
        yield from _block_lines(block, now, words)
    for command in history.commands:
        yield _command_line(command, words)


def _admission_lines(admission: Admission, now: datetime, words: Words) -> Iterator[Line]:
    said = words.events
    method = words.methods.get(admission.method, admission.method)
    granted = said["granted"].format(
        site=admission.site,
        plan=admission.plan,
        method=method,
        until=words.moment(admission.ends_at),
    )
    yield Line(admission.granted_at, granted)
    if admission.bound_at:
        yield Line(admission.bound_at, said["bound"].format(site=admission.site))
    if admission.revoked_at:
        why = admission.revoked_reason or ""
        yield Line(admission.revoked_at, said["revoked"].format(site=admission.site, why=why))
    elif admission.ends_at <= now:
        yield Line(admission.ends_at, said["right_over"].format(site=admission.site))


def _answer_lines(answers: tuple[Answer, ...], words: Words) -> Iterator[Line]:
    """Yield a line for each run of like answers: gateways ask again and again."""
    ordered = sorted(answers, key=lambda each: each.at)
    for (outcome, reason, site, nas), run in groupby(ordered, key=_alike):
        same = list(run)
        why, advice = words.reason(reason)
        text = words.events[outcome].format(site=site, nas=nas, why=why)
        if len(same) > 1:
            until = words.moment(same[-1].at)
            text += words.events["again"].format(times=len(same), until=until)
        yield Line(same[0].at, text, advice)


def _alike(answer: Answer) -> tuple[str, str, str, str]:
    return answer.outcome, answer.reason, answer.site, answer.nas


def _session_lines(session: Online, now: datetime, words: Words) -> Iterator[Line]:
    said = words.events
    facts = {
        "site": session.site,
        "nas": session.nas,
        "span": words.span(session.session_seconds),
        "upload": words.size(session.upload_octets),
        "download": words.size(session.download_octets),
        "cause": words.cause(session.terminate_cause),
        "heard": words.moment(session.last_seen_at),
    }
    yield Line(session.started_at, said["started"].format(**facts))
    if session.ended_at is not None:
        concluded = session.terminate_cause is not None and session.terminate_cause < 0
        yield Line(session.ended_at, said["concluded" if concluded else "ended"].format(**facts))
    elif now < session.live_until:
        yield Line(session.last_seen_at, said["heard"].format(**facts))
    else:
        yield Line(session.last_seen_at, said["silent"].format(**facts), said["silent_advice"])


def _discard_line(discarded: Discarded, words: Words) -> Line:
    why, advice = words.discards.get(discarded.reason, (discarded.reason, ""))
    text = words.events["discarded"].format(
        packets=discarded.packets,
        sender=discarded.nas or discarded.address,
        until=words.moment(discarded.last_at),
        why=why,
    )
    return Line(discarded.first_at, text, advice.format(address=discarded.address))


def _block_lines(block: Block, now: datetime, words: Words) -> Iterator[Line]:
    said = words.events
    until = said["no_end"]
    if block.until:
        until = said["block_until"].format(until=words.moment(block.until))
    yield Line(block.since, said["blocked"].format(why=block.reason, by=block.by, until=until))
    if block.until and block.until <= now:
        yield Line(block.until, said["block_over"])


def _command_line(command: Command, words: Words) -> Line:
    asked = words.events.get(command.kind, command.kind).format(by=command.by)
    came = command.words or command.outcome or words.events["unanswered"]
    return Line(command.at, f"{asked} {came}.")
