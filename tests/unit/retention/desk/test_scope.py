"""What suspends a requisition: each fault alone, and none where the act is in order."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from retention.cases.question import Question, ask
from retention.desk.scope import FaultCode, Sought, check, listed
from territory.law.grounds import load_grounds

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
LAW = load_grounds()
DAY = {"since": "2026-11-17T08:00:00+01:00", "until": "2026-11-17T12:00:00+01:00"}


def asked(**fields: Any) -> Question:
    """Return a question; about an address, unless told."""
    address = {"public_address": "192.0.2.10", "at": "2026-11-17T10:15:00Z"}
    return ask(NOW, **({} if "kind" in fields else address), **fields)


SOUND = Sought(
    ground="cpp-77-1-1",
    condition="60-1-2-1",
    magistrate="Procureure de Verdun",
    issued_on=date(2026, 11, 19),
    question=asked(),
    has_document=True,
)


def codes(sought: Sought) -> set[FaultCode]:
    """Return the codes of what is wrong."""
    return {fault.code for fault in check(sought, LAW)}


def test_an_act_in_order_is_not_suspended() -> None:
    """Flagrancy needs no magistrate; intelligence no case of CPP 60-1-2."""
    assert check(SOUND, LAW) == ()
    assert codes(replace(SOUND, ground="cpp-60-1", magistrate="")) == set()
    assert codes(replace(SOUND, ground="csi-l851-1", condition="")) == set()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"has_document": False}, FaultCode.NO_DOCUMENT),
        ({"ground": ""}, FaultCode.NO_GROUND),
        ({"ground": "cpp-666"}, FaultCode.NO_GROUND),
        ({"issued_on": date(2029, 1, 1)}, FaultCode.NOT_IN_FORCE),
        ({"ground": "cpp-2029"}, FaultCode.NOT_IN_FORCE),
        ({"ground": "cpce-l34-1-3bis"}, FaultCode.KEEPS_ONLY),
        ({"magistrate": ""}, FaultCode.NO_MAGISTRATE),
        ({"ground": "arcom", "condition": ""}, FaultCode.NOT_COVERED),
        ({"condition": ""}, FaultCode.NO_CONDITION),
        ({"condition": "60-1-2-9"}, FaultCode.NO_CONDITION),
        (
            {"condition": "60-1-2-2", "question": asked(kind="site", site="verdun", **DAY)},
            FaultCode.OTHER_CONDITION,
        ),
        ({"question": asked(uncertainty_seconds=7200)}, FaultCode.TOO_WIDE),
    ],
)
def test_each_fault_alone_suspends(change: dict[str, Any], code: FaultCode) -> None:
    """Each has its code, and a sentence in French."""
    (fault,) = check(replace(SOUND, **change), LAW)
    assert fault.code is code
    assert fault.french.endswith(".")
    assert "{" not in fault.french


def test_the_limits_of_each_kind_are_the_datas() -> None:
    """A whole département for a day is too wide; a village hall for an hour is not."""
    hour = {**DAY, "until": "2026-11-17T09:00:00+01:00"}
    long = {**DAY, "until": "2026-11-17T20:00:00+01:00"}
    year = {"since": "2025-11-18T08:00:00+01:00", "until": "2026-11-17T12:00:00+01:00"}
    phone = {"kind": "device", "device": "02:00:00:00:00:01"}
    site = {"kind": "site", "site": "verdun"}
    assert codes(replace(SOUND, question=asked(**site, **hour))) == set()
    assert codes(replace(SOUND, question=asked(**site, **long))) == {FaultCode.TOO_WIDE}
    assert codes(replace(SOUND, question=asked(**phone, **long))) == set()
    assert codes(replace(SOUND, question=asked(**phone, **year))) == {FaultCode.TOO_WIDE}
    (fault,) = check(replace(SOUND, question=asked(**site, **long)), LAW)
    assert "12 heures demandés pour 6 heures" in fault.french


def test_identity_alone_needs_no_case_of_60_1_2() -> None:
    """The condition protects connection data; civil identity may leave without it."""
    identity = asked(categories=["identity"])
    assert codes(replace(SOUND, condition="", question=identity)) == set()


def test_names_are_listed_as_a_sentence_does() -> None:
    """Commas, then `et`."""
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b et c"
