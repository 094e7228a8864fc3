"""What may be declared follows from a person's grid, and from nothing else."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from portal.guest.accessibility.audit import (
    CRITERIA,
    SAMPLE,
    Audit,
    Conformity,
    Outcome,
    load_audit,
)
from territory.errors import ConfigurationError

DAY = date(2027, 2, 15)
WHOLE = Audit("Association d'usagers", DAY, SAMPLE, (), dict.fromkeys(CRITERIA, Outcome.KEPT))


def with_broken(count: int) -> Audit:
    """Return a whole audit in which the first criteria are not kept."""
    broken = dict.fromkeys(CRITERIA[:count], Outcome.BROKEN)
    return replace(WHOLE, results={**WHOLE.results, **broken})


def test_the_standard_has_106_criteria() -> None:
    """In 13 themes, the last of them 13.12."""
    assert (len(CRITERIA), CRITERIA[0], CRITERIA[-1]) == (106, "1.1", "13.12")


def test_the_grid_in_the_repository_is_read() -> None:
    """As long as nobody has filled it in, it lets nothing be declared."""
    audit = load_audit()
    assert set(SAMPLE) <= set(audit.pages)
    if not audit.is_whole:
        assert audit.conformity(DAY) is Conformity.NONE


@pytest.mark.parametrize(
    ("broken", "declared", "percent"),
    [
        (0, Conformity.FULL, 100),
        (1, Conformity.PARTIAL, 99),
        (53, Conformity.PARTIAL, 50),
        (54, Conformity.NONE, 49),
        (106, Conformity.NONE, 0),
    ],
)
def test_what_a_whole_audit_lets_declare(broken: int, declared: Conformity, percent: int) -> None:
    """All kept, half of them at least, or less; the share is never rounded up."""
    audit = with_broken(broken)
    assert audit.conformity(DAY) is declared
    assert audit.percent == percent
    assert audit.broken == CRITERIA[:broken]


def test_what_does_not_apply_does_not_count() -> None:
    """One kept and one broken out of 106: a half."""
    nothing = dict.fromkeys(CRITERIA, Outcome.NOT_APPLICABLE)
    audit = replace(WHOLE, results={**nothing, "1.1": Outcome.KEPT, "1.2": Outcome.BROKEN})
    assert (audit.percent, audit.conformity(DAY)) == (50, Conformity.PARTIAL)
    assert replace(WHOLE, results=nothing).conformity(DAY) is Conformity.NONE


@pytest.mark.parametrize(
    "audit",
    [
        Audit(),
        replace(WHOLE, auditor=""),
        replace(WHOLE, finished_on=None),
        replace(WHOLE, pages=SAMPLE[1:]),
        replace(WHOLE, results=dict.fromkeys(CRITERIA[1:], Outcome.KEPT)),
    ],
    ids=["none", "nobody", "going on", "no home page", "one criterion left"],
)
def test_an_unfinished_audit_declares_nothing(audit: Audit) -> None:
    """Non conforme, whatever was found so far."""
    assert audit.conformity(DAY) is Conformity.NONE


@pytest.mark.parametrize(
    ("finished", "today", "is_valid"),
    [
        ("2027-02-15", "2027-02-14", False),
        ("2027-02-15", "2030-02-14", True),
        ("2027-02-15", "2030-02-15", False),
        ("2028-02-29", "2031-02-28", True),
        ("2028-02-29", "2031-03-01", False),
    ],
)
def test_an_audit_lasts_three_years(finished: str, today: str, is_valid: bool) -> None:
    """And counts from its own day."""
    audit = replace(WHOLE, finished_on=date.fromisoformat(finished))
    assert audit.is_valid(date.fromisoformat(today)) is is_valid


EMPTY = 'auditor = ""\npages = []\ntools = []\n[results]\n[remarks]\n'


@pytest.mark.parametrize(
    ("grid", "key"),
    [
        ("auditor = ", "audit.toml"),
        (EMPTY.replace('auditor = ""\n', ""), "auditor"),
        (EMPTY.replace("pages = []", 'pages = "/"'), "pages"),
        ('finished_on = "demain"\n' + EMPTY, "finished_on"),
        (EMPTY.replace("[remarks]", '"14.1" = "c"\n[remarks]'), "results.14.1"),
        (EMPTY.replace("[remarks]", '"1.1" = "oui"\n[remarks]'), "results.1.1"),
        (EMPTY + '"0.1" = "x"\n', "remarks.0.1"),
    ],
)
def test_a_wrong_grid_stops_the_start(tmp_path: Path, grid: str, key: str) -> None:
    """A slip of the pen is told with its place, not declared to the public."""
    file = tmp_path / "audit.toml"
    file.write_text(grid)
    with pytest.raises(ConfigurationError) as raised:
        load_audit(file)
    assert [fault.key for fault in raised.value.faults] == [key]


def test_a_right_grid(tmp_path: Path) -> None:
    """What is written is what is read."""
    file = tmp_path / "audit.toml"
    file.write_text(
        'auditor = "Service"\nfinished_on = 2027-02-15\npages = ["/"]\ntools = ["NVDA 2026.1"]\n'
        '[results]\n"3.2" = "nc"\n[remarks]\n"3.2" = "Trop clair."\n'
    )
    results = {"3.2": Outcome.BROKEN}
    found = Audit("Service", DAY, ("/",), ("NVDA 2026.1",), results, {"3.2": "Trop clair."})
    assert load_audit(file) == found
