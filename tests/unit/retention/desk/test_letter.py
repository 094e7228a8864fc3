"""The letter to an authority: what is missing, point by point, and nothing of what is held."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

from retention.cases.question import ask
from retention.desk.entry import Asker, Entry
from retention.desk.letter import draft, ground_in_words
from retention.desk.register import Line
from retention.desk.scope import check
from retention.desk.states import State
from territory.law.grounds import load_grounds
from territory.settings.evidence import AuthoritiesSettings

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
LAW = load_grounds()
LINE = Line(
    id=UUID(int=1),
    year=2026,
    number=7,
    state=State.SUSPENDED,
    entry=Entry(
        asker=Asker("Gendarmerie", "Camille Exemple", "adjudante", "Verdun", "br@x.example", ""),
        reference="PV 2026/1234",
        issued_on=date(2026, 11, 19),
        ground="cpp-77-1-1",
        condition="60-1-2-1",
        question=ask(NOW, public_address="192.0.2.10", at="2026-11-17T10:15:00Z"),
        received_at=NOW,
        deadline_asked=None,
    ),
    registered_at=NOW,
    registered_by="anne@x.example",
    faults=(),
    deadline_at=NOW,
    document_sha256="",
    document_type="",
    case_id=None,
    closed_at=None,
)


def test_the_letter_says_each_fault_and_names_nothing_held() -> None:
    """To the agent, under both numbers; without a service in the settings it still has a sender."""
    faults = check(LINE.sought, LAW)
    letter = draft(LINE, faults, AuthoritiesSettings(), NOW)
    assert letter.points == tuple(fault.french for fault in faults)
    assert len(letter.points) == 2
    assert "PV 2026/1234" in letter.subject
    assert ("Notre numéro", "2026-0007") in letter.references
    assert letter.sender == ("Dépositaires des données du Wi-Fi public",)
    assert letter.recipient[2] == "À l'attention de Camille Exemple, adjudante"
    assert "192.0.2.10" not in str(letter)


def test_its_days_are_those_of_paris() -> None:
    """After midnight there, no letter bears the day before, nor was entered before it came."""
    late = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    letter = draft(replace(LINE, registered_at=late), (), AuthoritiesSettings(), late)
    assert letter.written_on == date(2026, 11, 21)
    assert "le 21 novembre 2026" in letter.before[0]


def test_a_ground_is_cited_with_its_case_of_60_1_2() -> None:
    """As the answer prints it."""
    assert ground_in_words(LINE, LAW) == "CPP 77-1-1 ; CPP 60-1-2, 1°"
