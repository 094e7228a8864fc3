"""What is wrong now, in words: each rule's question asked of the facts. Pure.

A question that cannot be asked, since who would answer is away, is not answered "no": what is open
stays open. The words are the file's; of the fleet, the reasons that supervision keeps of each.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from supervision.alerts.facts import Facts, Fleet, Piece, Place
from supervision.alerts.measures import Labels, labels_of
from supervision.alerts.questions import LOOKS_BACK, QUESTIONS, unsure_sites
from supervision.alerts.rulebook import Rule, fill

_MOST_REASONS: Final = 3
Key = tuple[str, Labels]
"""An alert's name and what tells it from others of that name."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that is wrong."""

    key: Key
    severity: str
    site: Place | None
    """None: the base itself, or the whole territory."""
    summary: str
    """One line."""
    words: str
    """Likely cause, and the first thing to try."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What holds, and what could not be asked."""

    holding: dict[Key, Condition]
    unasked: frozenset[str] = frozenset()
    """Names of alerts."""
    unsure: frozenset[Key] = frozenset()
    """It may be over or not: nobody can tell."""

    def is_answered(self, key: Key) -> bool:
        """Whether what does not hold is known not to."""
        return key[0] not in self.unasked and key not in self.unsure


def find(rules: Mapping[str, Rule], facts: Facts) -> Findings:
    """Return every condition that holds at `facts.now`."""
    away = {dict(labels)["component"] for labels in facts.silent | facts.starting}
    if facts.fleet is None:
        away.add("fleet")
    holding: dict[Key, Condition] = {}
    sites = _Sites.of(facts.fleet)
    for name, question in QUESTIONS.items():
        for labels, value in question.ask(facts).items():
            condition = _condition(rules[name], labels, value, sites)
            holding[condition.key] = condition
    unasked = frozenset(name for name, question in QUESTIONS.items() if question.of in away)
    unasked |= {name for name, counter in LOOKS_BACK.items() if not facts.sees_back(counter)}
    codes = unsure_sites(facts.fleet) if facts.fleet else frozenset()
    unsure = frozenset(("SiteDown", labels_of({"site": code})) for code in codes)
    return Findings(holding, unasked, unsure)


@dataclass(frozen=True, slots=True)
class _Sites:
    """The fleet, so that what is asked of one site costs no look at the others."""

    places: Mapping[str, Place]
    of_nas: Mapping[str, str]
    """Codes of sites, by that of each NAS."""
    pieces: Mapping[str, Sequence[Piece]]
    """By the site's code."""

    @classmethod
    def of(cls, fleet: Fleet | None) -> "_Sites":
        """Return it; without the database, empty."""
        pieces: defaultdict[str, list[Piece]] = defaultdict(list)
        for piece in fleet.pieces if fleet else ():
            pieces[piece.site].append(piece)
        all_nas = (each for of_site in pieces.values() for each in of_site if each.kind == "nas")
        return cls(fleet.places if fleet else {}, {n.code: n.site for n in all_nas}, pieces)

    def named(self, labels: Mapping[str, str]) -> Place | None:
        """Return the site that labels tell of, by itself or by a NAS."""
        code = labels.get("site") or self.of_nas.get(labels.get("nas", ""))
        return self.places.get(code) if code else None


def _condition(rule: Rule, labels: Labels, value: float, sites: _Sites) -> Condition:
    known = dict(labels)
    site = sites.named(known)
    shown = {**known, "site": site.name} if site else known
    words = _reasons(rule.name, site, sites) or fill(rule.description, shown, value)
    summary = fill(rule.summary, shown, value)
    return Condition((rule.name, labels), rule.severity, site, summary, words)


_STATES_TOLD: Final = {
    "SiteDown": ("down", ("nas",)),
    "EquipmentDown": ("down", ("nas", "access_point")),
    "EquipmentDegraded": ("degraded", ("nas", "access_point")),
}


def _reasons(name: str, site: Place | None, sites: _Sites) -> str:
    """Return why the equipment of a site is so, piece by piece; empty where the rule asks none."""
    if name not in _STATES_TOLD or site is None:
        return ""
    state, kinds = _STATES_TOLD[name]
    told = [
        f"{piece.code} : {piece.reason}"
        for piece in sites.pieces.get(site.code, ())
        if piece.state == state and piece.kind in kinds and not piece.consequence
    ]
    more = len(told) - _MOST_REASONS
    return "\n".join([*told[:_MOST_REASONS], *([f"Et {more} de plus."] if more > 0 else [])])
