"""What each rule asks: a row for each alert of `alerts.yml`, by its name, asking the same. Pure.

A test runs both through the same series. Numbers come from where Prometheus reads them, but for the
fleet: its states are read from the database, with the reasons, which no metric carries.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from supervision.alerts.facts import Facts, Fleet
from supervision.alerts.measures import Labels, Vector, by, labels_of, quantile

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_DAY_SECONDS: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Question:
    """How a rule is asked."""

    ask: Callable[[Facts], Vector]
    """Return the series for which it holds."""
    of: str
    """Who answers: `fleet`, or a component."""


def _above(vector: Vector, limit: float) -> Vector:
    return {labels: value for labels, value in vector.items() if value > limit}


def _below(vector: Vector, limit: float) -> Vector:
    return {labels: value for labels, value in vector.items() if value < limit}


def _unless(vector: Vector, other: Iterable[Labels]) -> Vector:
    others = set(other)
    return {labels: value for labels, value in vector.items() if labels not in others}


def _of_site(counts: Counter[str]) -> Vector:
    return {labels_of({"site": site}): float(count) for site, count in counts.items()}


def _pieces(facts: Facts, *states: str, kind: str = "") -> Counter[str]:
    """Return how many pieces each site has in these states."""
    return Counter(
        piece.site
        for piece in (facts.fleet.pieces if facts.fleet else ())
        if piece.state in states and (not kind or piece.kind == kind)
    )


def _sites_down(facts: Facts) -> Vector:
    down, working = (_pieces(facts, *each, kind="nas") for each in (("down",), WORKS))
    return _unless(_of_site(down), _of_site(working))


def _sites_to_tell(facts: Facts) -> Vector:
    """Return the sites that are down; where they are many, those that have been for some time."""
    down = _sites_down(facts)
    if len(down) <= FEW_SITES or facts.fleet is None:
        return down
    late = facts.now - LASTING
    fresh = {p.site for p in facts.fleet.pieces if p.kind == "nas" and p.since > late}
    return _unless(down, _of_site(Counter(fresh)))


def unsure_sites(fleet: Fleet) -> frozenset[str]:
    """Codes of sites without a sign of life: down, asleep or unknown, they are not back."""
    there = {piece.site for piece in fleet.pieces if piece.kind == "nas"}
    return frozenset(there - {p.site for p in fleet.pieces if p.kind == "nas" and p.state in WORKS})


WORKS: Final = ("up", "degraded")


def _territory_down(facts: Facts) -> Vector:
    planned = facts.fleet.at_work if facts.fleet else frozenset()
    unplanned = [each for each in _sites_down(facts) if dict(each)["site"] not in planned]
    down, judged = len(unplanned), len(_pieces(facts, *_JUDGED, kind="nas"))
    return {(): float(down)} if down >= LEAST_SITES and down >= judged / 2 else {}


_JUDGED: Final = (*WORKS, "down")
FEW_SITES: Final = 3
"""So many are told each by itself, soon."""
LASTING: Final = 2 * _MINUTE
"""Before each of many is told: what is common to them is told before."""
LEAST_SITES: Final = 3
"""Down at once, and half of all: then it is not they who fail."""


def _equipment_down(facts: Facts) -> Vector:
    own = (p for p in (facts.fleet.pieces if facts.fleet else ()) if not p.consequence)
    return _of_site(Counter(piece.site for piece in own if piece.state == "down"))


def _nobody_online(facts: Facts) -> Vector:
    def came(step: str) -> Vector:
        return by(_grown(facts, "socle_portal_visits_total", step=step), "site")

    return _unless(_above(came("arrived"), 10), (k for k, v in came("online").items() if v >= 1))


def _nas_rejects(facts: Facts) -> Vector:
    def sent(code: str) -> Vector:
        return by(_grown(facts, "socle_radius_nas_replies_total", code=code), "nas")

    accepted = (labels for labels, value in sent("access_accept").items() if value >= 1)
    return _unless(_above(sent("access_reject"), 20), accepted)


def _certificates(facts: Facts) -> Vector:
    ends = facts.measures.now("socle_portal_certificate_ends_timestamp_seconds")
    ends |= facts.measures.now("socle_radius_radsec_certificate_ends_timestamp_seconds")
    ends |= facts.measures.now("socle_supervision_portal_certificate_ends_timestamp_seconds")
    first = by(ends, "component", fold=min)
    left = {labels: end - facts.now.timestamp() for labels, end in first.items()}
    return _below(left, 14 * _DAY_SECONDS)


def _injunction_left(facts: Facts) -> Vector:
    ends = facts.measures.now("socle_retention_injunction_ends_timestamp_seconds")
    last = by(ends, fold=max)
    return {labels: end - facts.now.timestamp() for labels, end in last.items()}


def _injunction_ends(facts: Facts) -> Vector:
    return _above(_below(_injunction_left(facts), 30 * _DAY_SECONDS), 0)


def _hold_unexecuted(facts: Facts) -> Vector:
    ends = facts.measures.now("socle_retention_hold_day_ends_timestamp_seconds")
    left = {labels: end - facts.now.timestamp() for labels, end in by(ends, fold=min).items()}
    return _below(left, 30 * _DAY_SECONDS)


def _log_ins(facts: Facts) -> Vector:
    works = facts.measures.now("socle_supervision_log_in_works")
    return {} if _log_ins_everywhere(facts) else _below(by(works, "site", fold=min), 1)


def _log_ins_everywhere(facts: Facts) -> Vector:
    return _above(by(facts.measures.now("socle_supervision_log_ins_fail"), fold=max), 0)


def _portal_faults(facts: Facts) -> Vector:
    faults = by(facts.measures.now("socle_supervision_portal_fault"), "fault", fold=max)
    return _above(_unless(faults, [labels_of({"fault": "certificate_ends"})]), 0)


def _ledger_closed(facts: Facts) -> Vector:
    return _below(by(facts.measures.now("socle_radius_ledger_open"), fold=min), 1)


def _stuck(facts: Facts) -> Vector:
    last = facts.measures.now("socle_supervision_last_round_timestamp_seconds")
    ages = {labels: facts.now.timestamp() - at for labels, at in last.items() if at}
    return _above(ages, 600)


def _clocks(facts: Facts) -> Vector:
    offsets = by(facts.measures.now("socle_radius_nas_clock_offset_seconds"), "nas", fold=max)
    return _above({labels: abs(value) for labels, value in offsets.items()}, 300)


def _silent(facts: Facts) -> Vector:
    return dict.fromkeys(facts.silent, 0.0)


WINDOWS: Final[Mapping[str, timedelta]] = {
    "socle_portal_visits_total": _HOUR,
    "socle_portal_refused_total": 10 * _MINUTE,
    "socle_portal_request_seconds_bucket": 5 * _MINUTE,
    "socle_portal_messages_sent_total": 30 * _MINUTE,
    "socle_radius_nas_replies_total": 30 * _MINUTE,
    "socle_radius_reply_seconds_bucket": 5 * _MINUTE,
    "socle_radius_discards_total": 10 * _MINUTE,
    "socle_radius_set_aside_total": _HOUR,
    "socle_radius_unsigned_requests_total": _DAY,
    "socle_retention_intake_cut_total": _HOUR,
    "socle_retention_intake_dropped_total": _HOUR,
    "socle_event_loop_lag_seconds_bucket": 5 * _MINUTE,
}
"""How far back each counter is looked at, as in the rules."""
LOOKS_BACK: Final[Mapping[str, str]] = {
    "NobodyGetsOnline": "socle_portal_visits_total",
    "RadiusSlow": "socle_radius_reply_seconds_bucket",
    "RadiusOverload": "socle_radius_discards_total",
    "AccountingSetAside": "socle_radius_set_aside_total",
    "NasRejectsEveryone": "socle_radius_nas_replies_total",
    "NasDoesNotSign": "socle_radius_unsigned_requests_total",
    "PortalUnavailable": "socle_portal_refused_total",
    "PortalSlow": "socle_portal_request_seconds_bucket",
    "MessagesFail": "socle_portal_messages_sent_total",
    "IntakeCut": "socle_retention_intake_cut_total",
    "TranslationsDropped": "socle_retention_intake_dropped_total",
    "EventLoopLate": "socle_event_loop_lag_seconds_bucket",
}
"""Which counter an alert looks back at: before its window is full, "no" is no answer."""
GAUGES: Final = (
    "socle_portal_certificate_ends_timestamp_seconds",
    "socle_portal_sms_budget_ratio",
    "socle_radius_ledger_open",
    "socle_radius_spool_oldest_seconds",
    "socle_radius_spool_lost",
    "socle_radius_nas_clock_offset_seconds",
    "socle_radius_radsec_certificate_ends_timestamp_seconds",
    "socle_retention_archive_age_seconds",
    "socle_retention_failing",
    "socle_retention_hold_day_ends_timestamp_seconds",
    "socle_retention_intake_deaf",
    "socle_retention_intake_failing",
    "socle_retention_intake_silent",
    "socle_retention_overdue_drills",
    "socle_retention_injunction_ends_timestamp_seconds",
    "socle_retention_injunction_unknown",
    "socle_missing_retention_days",
    "socle_overdue_purge_records",
    "socle_requisitions_late",
    "socle_supervision_last_round_timestamp_seconds",
    "socle_supervision_hindered",
    "socle_supervision_log_in_works",
    "socle_supervision_log_ins_fail",
    "socle_supervision_portal_fault",
    "socle_supervision_portal_certificate_ends_timestamp_seconds",
)
WANTED: Final = (*WINDOWS, *GAUGES)
"""All that is read of an exposition."""


def _grown(facts: Facts, name: str, **match: str) -> Vector:
    return facts.measures.increase(name, WINDOWS[name], facts.now, **match)


def _growing(
    name: str, *labels: str, above: float = 0.0, **match: str
) -> Callable[[Facts], Vector]:
    """Ask whether a counter, summed by these labels, grew by more than so much in its window."""
    return lambda facts: _above(by(_grown(facts, name, **match), *labels), above)


def _high(name: str, *labels: str, above: float = 0.0) -> Callable[[Facts], Vector]:
    """Ask whether a gauge's greatest, by these labels, is more than so much."""
    return lambda facts: _above(by(facts.measures.now(name), *labels, fold=max), above)


def _late(name: str, share: float, *labels: str, above: float) -> Callable[[Facts], Vector]:
    """Ask whether a histogram's quantile in its window is more than so many seconds."""
    return lambda facts: _above(quantile(share, by(_grown(facts, name), *labels, "le")), above)


QUESTIONS: Final[Mapping[str, Question]] = {
    "TerritoryDown": Question(_territory_down, "fleet"),
    "SiteDown": Question(_sites_to_tell, "fleet"),
    "EquipmentDown": Question(_equipment_down, "fleet"),
    "EquipmentDegraded": Question(lambda facts: _of_site(_pieces(facts, "degraded")), "fleet"),
    "NobodyGetsOnline": Question(_nobody_online, "portal"),
    "LogInsFail": Question(_log_ins_everywhere, "supervision"),
    "LogInFails": Question(_log_ins, "supervision"),
    "PortalFromOutside": Question(_portal_faults, "supervision"),
    "RadiusLedgerClosed": Question(_ledger_closed, "radius"),
    "RadiusSlow": Question(
        _late("socle_radius_reply_seconds_bucket", 0.99, "kind", above=0.25), "radius"
    ),
    "RadiusOverload": Question(
        _growing("socle_radius_discards_total", "kind", reason="overload"), "radius"
    ),
    "AccountingSetAside": Question(_growing("socle_radius_set_aside_total"), "radius"),
    "SpoolWaiting": Question(_high("socle_radius_spool_oldest_seconds", above=300), "radius"),
    "SpoolLost": Question(_high("socle_radius_spool_lost"), "radius"),
    "NasRejectsEveryone": Question(_nas_rejects, "radius"),
    "NasDoesNotSign": Question(_growing("socle_radius_unsigned_requests_total", "nas"), "radius"),
    "NasClockWrong": Question(_clocks, "radius"),
    "CertificateEnds": Question(_certificates, "portal"),
    "PortalUnavailable": Question(
        _growing("socle_portal_refused_total", reason="unavailable"), "portal"
    ),
    "PortalSlow": Question(_late("socle_portal_request_seconds_bucket", 0.95, above=1), "portal"),
    "MessagesFail": Question(
        _growing("socle_portal_messages_sent_total", "channel", above=3, outcome="failed"),
        "portal",
    ),
    "SmsBudgetNearlySpent": Question(
        _high("socle_portal_sms_budget_ratio", "organisation", "site", above=0.8), "portal"
    ),
    "ArchiveLate": Question(
        _high("socle_retention_archive_age_seconds", above=4 * _DAY_SECONDS), "retention"
    ),
    "RetentionFailing": Question(_high("socle_retention_failing", "task"), "retention"),
    "SegmentsMissing": Question(_high("socle_missing_retention_days", "category"), "retention"),
    "PurgeOverdue": Question(_high("socle_overdue_purge_records", "category"), "retention"),
    "RequisitionLate": Question(_high("socle_requisitions_late", "urgent"), "retention"),
    "InjunctionUnknown": Question(
        _high("socle_retention_injunction_unknown", "lost_from"), "retention"
    ),
    "InjunctionEnds": Question(_injunction_ends, "retention"),
    "HoldUnexecuted": Question(_hold_unexecuted, "retention"),
    "DrillOverdue": Question(_high("socle_retention_overdue_drills"), "retention"),
    "IntakeFailing": Question(_high("socle_retention_intake_failing"), "retention"),
    "IntakeDeaf": Question(_high("socle_retention_intake_deaf", "carrier"), "retention"),
    "IntakeCut": Question(_growing("socle_retention_intake_cut_total", "site"), "retention"),
    "IntakeSilent": Question(_high("socle_retention_intake_silent", "site"), "retention"),
    "TranslationsDropped": Question(
        _growing("socle_retention_intake_dropped_total", "cause"), "retention"
    ),
    "ComponentDown": Question(_silent, "processes"),
    "SupervisionStuck": Question(_stuck, "supervision"),
    "SupervisionHindered": Question(_high("socle_supervision_hindered", "by"), "supervision"),
    "EventLoopLate": Question(
        _late("socle_event_loop_lag_seconds_bucket", 0.99, "component", above=0.5), "supervision"
    ),
}
