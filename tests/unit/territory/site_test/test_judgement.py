"""From readings to findings: one table, each fault with what its remedy must name."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from territory.database.commands import Outcome, Result
from territory.openid_providers import PROFILES, Provider
from territory.rules.answerability import Answer as Answerable
from territory.rules.answerability import Answerability
from territory.site_test.findings import Check, Finding, State
from territory.site_test.judgement import RULES, judge, worst
from territory.site_test.probes import PROBES
from territory.site_test.readings import (
    Answer,
    Caller,
    Certificate,
    GatewaySeen,
    NasSeen,
    PortalSeen,
    Readings,
    SiteReport,
)

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
SOON = NOW - timedelta(minutes=5)
BEFORE = NOW - timedelta(hours=2)
PORTAL = PortalSeen(
    "https://wifi.meuse.example",
    ("192.0.2.1",),
    Certificate(("wifi.meuse.example",), NOW + timedelta(days=60)),
)
GATEWAY = GatewaySeen("gw", "coovachilli", SOON)
NAS = NasSeen("nas", "10.9.0.2", "chilli-1", 3799, SOON, SOON, clock_seconds=2.0)
REPORT = SiteReport(
    NOW,
    addresses=("192.0.2.1",),
    portal_answers=True,
    probes=dict.fromkeys((probe.code for probe in PROBES), Answer.REDIRECTED),
    providers={"id.example": True},
)
PROVIDER = Provider("id", "Identité", "https://id.example", "us", "sesame", PROFILES["plain"])
WELL = Readings(
    NOW,
    PORTAL,
    (GATEWAY,),
    (NAS,),
    open_sessions=1,
    is_ordered=True,
    order=Result(Outcome.CHANGED, "droits changés"),
    report=REPORT,
    providers=(PROVIDER,),
    answerability=Answerability(Answerable.SURELY, 1, "Ses propres ports.", ""),
)


def answerable(answer: Answerable) -> Readings:
    """Return the site in order, but for what a question about it would get."""
    told = Answerability(answer, 12, "Jusqu'à 12 appareils.", "Décrivez port_blocks.")
    return replace(WELL, answerability=told)


def portal(**changes: Any) -> Readings:
    """Return the site in order, but for its portal."""
    return replace(WELL, portal=replace(PORTAL, **changes))


def gateway(**changes: Any) -> Readings:
    """Return the site in order, but for its gateway."""
    return replace(WELL, gateways=(replace(GATEWAY, **changes),))


def nas(**changes: Any) -> Readings:
    """Return the site in order, but for its NAS."""
    return replace(WELL, nas=(replace(NAS, **changes),))


def report(**changes: Any) -> Readings:
    """Return the site in order, but for what was read there."""
    return replace(WELL, report=replace(REPORT, **changes))


def stranger(**changes: Any) -> Readings:
    """Return the site whose NAS calls from elsewhere."""
    caller = Caller("10.9.0.77", "chilli-1", SOON)
    return replace(nas(**changes), callers=(caller,))


def in_clear(caller: Caller, *addresses: str, **changes: Any) -> Readings:
    """Return the site, seen at these public addresses, whose NAS calls in clear."""
    read = replace(nas(**changes), callers=(replace(caller, is_public=True),))
    return replace(read, public_addresses=frozenset(addresses))


def order(outcome: Outcome) -> Readings:
    """Return the site whose box answered an order so."""
    return replace(WELL, order=Result(outcome, "dit-elle"))


def certificate(days: float, *names: str, fault: str = "") -> Readings:
    """Return the site whose portal shows this certificate."""
    shown = Certificate(names or ("wifi.meuse.example",), NOW + timedelta(days=days), fault)
    return portal(certificate=shown)


def probes(**answers: Answer) -> Readings:
    """Return the site where some probes were answered otherwise."""
    return report(probes={**REPORT.probes, **answers})


DISCARDED: Mapping[str, datetime] = {"message-authenticator": SOON}
UNSIGNED: Mapping[str, datetime] = {"unsigned": SOON}
CASES = {
    "no redirect ever": (gateway(arrived_at=None), Check.REDIRECT, State.BAD, "/gateway/coovachi"),
    "no redirect today": (
        gateway(arrived_at=NOW - timedelta(days=3)),
        *(Check.REDIRECT, State.BAD, "depuis le 17/11/2026"),
    ),
    "forged redirect": (
        gateway(arrived_at=BEFORE, refused_at=SOON, refusal="bad-signature"),
        *(Check.REDIRECT, State.BAD, "uamsecret"),
    ),
    "stale redirect": (
        gateway(refused_at=NOW, refusal="stale"),
        *(Check.REDIRECT, State.BAD, "NTP"),
    ),
    "foreign log-in address": (
        gateway(refused_at=NOW, refusal="foreign-address"),
        *(Check.REDIRECT, State.BAD, "login_address"),
    ),
    "unreadable redirect": (
        gateway(refused_at=NOW, refusal="bad-ssid"),
        *(Check.REDIRECT, State.BAD, "bad-ssid"),
    ),
    "name unknown to the Internet": (
        portal(addresses=()),
        Check.DNS,
        State.BAD,
        "enregistrement A",
    ),
    "name unknown at the site": (report(addresses=()), Check.DNS, State.BAD, "résolveur DNS"),
    "another address at the site": (
        report(addresses=("10.0.0.9",), portal_answers=False),
        *(Check.DNS, State.BAD, "10.0.0.9"),
    ),
    "expired": (certificate(-1), Check.CERTIFICATE, State.BAD, "Renouvelez-le"),
    "expires soon": (certificate(6), Check.CERTIFICATE, State.WARN, "renouvellement"),
    "another name": (certificate(60, "x.example"), Check.CERTIFICATE, State.BAD, "x.example"),
    "a wildcard": (certificate(60, "*.meuse.example"), Check.CERTIFICATE, State.GOOD, "60 jours"),
    "untrusted": (
        certificate(60, fault="self-signed certificate"),
        *(Check.CERTIFICATE, State.BAD, "fullchain"),
    ),
    "nobody answers": (portal(certificate=None), Check.CERTIFICATE, State.BAD, "socle doctor"),
    "in clear": (
        portal(url="http://wifi.meuse.example", certificate=None),
        *(Check.CERTIFICATE, State.UNKNOWN, "en clair"),
    ),
    "portal out of reach of guests": (
        report(portal_answers=False),
        *(Check.WALLED_GARDEN, State.BAD, "uamallowed"),
    ),
    "portal out of reach of the box": (
        report(portal_answers=False, is_gateway=True, probes={}),
        *(Check.WALLED_GARDEN, State.BAD, "pare-feu"),
    ),
    "provider shut": (
        report(providers={"id.example": False}),
        *(Check.PROVIDERS, State.BAD, "laisse passer avant l'accès : id.example"),
    ),
    "provider not tried": (
        report(providers={}),
        *(Check.PROVIDERS, State.UNKNOWN, "socle site render"),
    ),
    "nobody looked": (replace(WELL, report=None), Check.WALLED_GARDEN, State.UNKNOWN, "essai.sh"),
    "a probe let through": (
        probes(apple=Answer.OPEN),
        *(Check.DETECTION, State.BAD, "Ôtez captive.apple.com"),
    ),
    "a probe without an answer": (
        probes(windows=Answer.NOTHING),
        *(Check.DETECTION, State.BAD, "DNS"),
    ),
    "all of it open": (
        report(probes=dict.fromkeys(REPORT.probes, Answer.OPEN)),
        *(Check.DETECTION, State.BAD, "déjà en ligne"),
    ),
    "no probe": (report(probes={}), Check.DETECTION, State.UNKNOWN, "essai.sh"),
    "RADIUS from elsewhere": (
        stranger(access_at=BEFORE, accounting_at=BEFORE),
        *(Check.RADIUS_ADDRESS, State.BAD, "source_address: 10.9.0.77"),
    ),
    "in clear by its name": (
        in_clear(Caller("81.2.70.9", "chilli-1", SOON), access_at=BEFORE, accounting_at=BEFORE),
        *(Check.RADIUS_ADDRESS, State.BAD, "link: tunnel"),
    ),
    "in clear from its site": (
        in_clear(Caller("81.2.70.9", "", SOON), "81.2.70.9", access_at=None, accounting_at=None),
        *(Check.RADIUS_ADDRESS, State.BAD, "adresse publique 81.2.70.9"),
    ),
    "in clear from elsewhere": (
        in_clear(Caller("81.2.70.9", "", SOON), "81.2.70.10", access_at=NOW),
        *(Check.RADIUS_ADDRESS, State.GOOD, "10.9.0.2"),
    ),
    "in clear, and by its link since": (
        in_clear(Caller("81.2.70.9", "chilli-1", SOON), access_at=NOW),
        *(Check.RADIUS_ADDRESS, State.GOOD, "10.9.0.2"),
    ),
    "moved back since": (stranger(access_at=NOW), Check.RADIUS_ADDRESS, State.GOOD, "10.9.0.2"),
    "RADIUS from nowhere": (
        nas(access_at=None, accounting_at=None),
        *(Check.RADIUS_ADDRESS, State.BAD, "1812"),
    ),
    "another secret": (
        nas(access_at=None, accounting_at=BEFORE, discards=DISCARDED),
        *(Check.RADIUS_SECRET, State.BAD, "socle nas secret nas"),
    ),
    "another secret, since mended": (
        nas(access_at=NOW, discards=DISCARDED),
        *(Check.RADIUS_SECRET, State.GOOD, "bon"),
    ),
    "unsigned and discarded": (
        nas(access_at=None, discards=UNSIGNED),
        *(Check.SIGNATURE, State.BAD, "require_message_authenticator"),
    ),
    "unsigned and taken": (nas(unsigned_at=SOON), Check.SIGNATURE, State.WARN, "Message-Auth"),
    "no accounting": (nas(accounting_at=None), Check.ACCOUNTING, State.BAD, "1813"),
    "accounting that stopped": (nas(accounting_at=BEFORE), Check.ACCOUNTING, State.BAD, "1813"),
    "accounting that is due": (
        nas(accounting_at=SOON - timedelta(minutes=1)),
        *(Check.ACCOUNTING, State.GOOD, "arrivent"),
    ),
    "a minute ahead": (nas(clock_seconds=90.0), Check.CLOCK, State.WARN, "NTP"),
    "born in 1970": (nas(clock_seconds=-1.8e9), Check.CLOCK, State.BAD, "en retard de 20833"),
    "a clock unheard": (nas(clock_seconds=None), Check.CLOCK, State.UNKNOWN, "téléphone"),
    "the box's own clock": (
        report(is_gateway=True, clock_seconds=7200.0),
        *(Check.CLOCK, State.BAD, "en avance de 2 heures"),
    ),
    "orders unanswered": (order(Outcome.NO_ANSWER), Check.COA, State.BAD, "3799 (coaport)"),
    "ambiguous evidence": (
        answerable(Answerable.AMBIGUOUS),
        *(Check.EVIDENCE, State.WARN, "port_blocks"),
    ),
    "no evidence yet": (answerable(Answerable.NOT), Check.EVIDENCE, State.UNKNOWN, "port_blocks"),
    "orders refused": (order(Outcome.REFUSED), Check.COA, State.GOOD, "répond"),
    "orders it cannot take": (order(Outcome.IMPOSSIBLE), Check.COA, State.WARN, "dit-elle"),
    "nobody to order": (
        replace(WELL, is_ordered=False, order=None),
        Check.COA,
        State.UNKNOWN,
        "téléphone",
    ),
    "order nobody took": (replace(WELL, order=None), Check.COA, State.BAD, "socle doctor"),
}


def of(findings: list[Finding], check: Check, state: State) -> list[Finding]:
    """Return what was said of one thing, in that state."""
    return [found for found in findings if (found.check, found.state) == (check, state)]


@pytest.mark.parametrize("case", CASES)
def test_a_fault_is_said_with_its_remedy(case: str) -> None:
    """Cause and remedy name what is to be changed; nothing else becomes worse."""
    readings, check, state, words = CASES[case]
    found = judge(readings)
    said = of(found, check, state)
    assert said, found
    assert any(words in f"{each.says} {each.remedy}" for each in said), said
    if state in {State.BAD, State.WARN}:
        assert all(each.remedy or each.state is State.WARN for each in said)


def test_a_site_in_order_has_one_finding_for_each_rule_and_each_system() -> None:
    """All good, nothing to do, and nothing left out."""
    found = judge(WELL)
    assert {each.state for each in found} == {State.GOOD}
    assert len(found) == len(RULES) - 1 + len(PROBES)
    assert {each.check for each in found} == set(Check)
    assert worst(found) is State.GOOD


def test_a_gateway_without_radius_is_asked_nothing_of_it() -> None:
    """No NAS: what RADIUS would show is not missed."""
    found = judge(replace(WELL, nas=(), is_ordered=False, order=None, providers=()))
    assert {each.check for each in found} == {
        *(Check.REDIRECT, Check.DNS, Check.CERTIFICATE, Check.WALLED_GARDEN, Check.DETECTION),
        Check.EVIDENCE,
    }


def test_every_word_has_its_french() -> None:
    """Each thing looked at, and each state."""
    assert all(check.french for check in Check)
    assert len({state.french for state in State}) == len(State)
